"""Changing labels in a repository's files, all of them or none, and in a live project, and back; the ends that read and write.

`drumbeat.labelmap` says what is to change, `drumbeat.migration` changes one record, `drumbeat.labelstudio.migration` one task.
"""

from drumbeat.migrate.back import undo as undo
from drumbeat.migrate.decisions import write_list as write_list
from drumbeat.migrate.files import Report as Report
from drumbeat.migrate.files import own_labels as own_labels
from drumbeat.migrate.project import Live as Live
from drumbeat.migrate.there import migrate as migrate
