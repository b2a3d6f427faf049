"""Arrow batches of pages -> Arrow batches of rows: for engines that map batches, as Spark's `mapInArrow` and Ray's `map_batches` do.

Whoever has such an engine and its tables annotates in it; nothing is written here.  `drumbeat annotate` does more: each page once, all
configs from one look at it, rejects with their reasons, and files that can be made again to the byte.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from drumbeat import schema
from drumbeat.errors import SchemaError
from drumbeat.ingest.page import Flaw
from drumbeat.ingest.rows import page_of
from drumbeat.silver.folder import has_pages
from drumbeat.silver.run import loaded, page_rows
from drumbeat.silver.shards import Options
from drumbeat.suggest.page import Suggester
from drumbeat.tables import Batch, Row, from_batch, to_batch


def annotate_batches(batches: Iterable[Batch], config: str, options: Options) -> Iterator[Batch]:
    """The rows of one config, for batches with a column of text and others that say of the page what Parquet inputs do.

    What cannot become a page, or breaks a suggester, has no rows.  Raises SuggestError where the models cannot be loaded, SchemaError
    where there is no such config or its rows are of no page.
    """
    wanted = schema.config(config)
    if not has_pages(wanted):
        raise SchemaError(
            f"{config}: its rows are of no single page; there are {', '.join(c.name for c in schema.configs() if has_pages(c))}"
        )
    by = loaded(options)
    for batch in batches:
        yield to_batch([row for record in from_batch(batch) for row in _rows(record, config, options, by)], wanted)


def _rows(record: Row, config: str, options: Options, by: Suggester) -> list[Row]:
    page = page_of(record, "record", "a record", options.reading)
    if isinstance(page, Flaw):
        return []
    try:
        return page_rows(page, sha256(page.data).hexdigest(), options, by)[config]
    except MemoryError:
        raise
    except Exception:  # whatever a page does to the suggesters, it does to itself alone
        return []
