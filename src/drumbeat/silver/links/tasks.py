"""What an engine maps: tasks that each make a file."""

from functools import lru_cache
from pathlib import Path
from typing import Protocol

from drumbeat.corpus import Corpus, read_corpus
from drumbeat.model import Entity
from drumbeat.silver.links.work import Work
from drumbeat.suggest.links.read import knowledge_base_of


class Task(Protocol):
    """A part of a step.  To be pickled; `target` is written last, whole or not at all."""

    @property
    def target(self) -> Path: ...  # noqa: D102

    def run(self) -> None: ...  # noqa: D102


def make(task: Task) -> None:
    """Do a task that is not done."""
    if not task.target.is_file():
        task.run()


@lru_cache(maxsize=1)
def corpus_of(work: Work) -> Corpus:
    """The corpus, whose manifest is read once a process."""
    return read_corpus(work.manifest)


@lru_cache(maxsize=1)
def entities_of(work: Work) -> dict[str, Entity]:
    """Its knowledge base, likewise."""
    return knowledge_base_of(corpus_of(work))
