"""Links of a corpus of any size: the steps of `suggest.links` mapped over its parts, on any engine; the same bytes as one process gives.

A step is a list of tasks; each makes one file of the work folder, and is done when the file is there, so that an engine has nothing to do
but map `tasks.make` over those that are not, and repeating one does no harm.  Between the steps the driver cuts the next one:

1. a task a part of the corpus (`parts`): pages and quotations, sorted, in the form in which they are compared;
2. a task a range (`ranges`) of document ids, and of texts: what is equal in several parts becomes one, all are numbered in their order, and
   get their band keys;
3. a task a range of keys (`pairs`): candidates;
4. a task a range of numbers (`pairs`): candidates that several keys gave become one, and are held against each other: edges;
5. a task some components of what the edges join (`groups`): relations, and groups of wordings;
6. the driver (`run`): fragments, records.

Workers hold a part, a range or a bucket, whose sizes are bounded (`work.Sizes`), but for what is said in the same words very often.  The
driver holds, of all pages, 25 bytes each, and of what is linked the edges, the ids, and the records; texts only of clusters that share
their event with a fragment.
"""
