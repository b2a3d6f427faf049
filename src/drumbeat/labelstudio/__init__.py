"""The round trip through Label Studio: configuration, tasks, files, server.

Inside this package *task*, *annotation*, *prediction*, *result* and *region* have Label Studio's sense; outside it they do not occur.
"""
