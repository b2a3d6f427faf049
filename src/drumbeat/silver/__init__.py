"""Pages by the million -> a silver corpus: the corpus' own schema, made by suggesters, shard by shard, on any engine.

The unit is the shard: a part of an input file.  `plan` lists them, `run` makes one's files and then its receipt.  A shard is done when
its receipt is there, so an engine has nothing to do but map `run` over those that are not, and repeating one does no harm: it gives the
same bytes under the same names.  What is whole has a manifest, which is written last.
"""
