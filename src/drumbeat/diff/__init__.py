"""What distinguishes two versions of the corpus, row by row, and the version that it requires of the later one."""

from drumbeat.diff.compare import LIMIT as LIMIT
from drumbeat.diff.compare import diff as diff
from drumbeat.diff.records import Difference as Difference
from drumbeat.diff.records import FormChange as FormChange
from drumbeat.diff.records import RowChange as RowChange
from drumbeat.diff.records import TableDifference as TableDifference
from drumbeat.diff.show import as_json as as_json
from drumbeat.diff.show import as_markdown as as_markdown
from drumbeat.diff.show import as_text as as_text
