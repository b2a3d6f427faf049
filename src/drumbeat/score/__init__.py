"""How near annotations come to a reference: the figures of the field, over an annotation set or a public set.

Agreement (`drumbeat.agreement`) is symmetrical and says how alike two readings are; a score holds one against the other.
"""
