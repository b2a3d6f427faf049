"""Copies and rewrites of generated stories: `python -m benchmarks.copies [--stories 2000] [--seed 2]`.

A story has 15 to 40 sentences as benchmarks.links makes them, of which unlike stories share stock phrases.  Half of the stories stand on
other pages too, once in each of the ways below; and one story in three shares three whole sentences with the next one, as two reports
of one event do that quote the same words, which is no copy and no rewrite.
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable

from benchmarks.links import Speech
from drumbeat.model import Span
from drumbeat.suggest.links.pages import Page, relations

Story = list[str]
COPY, REWRITE = "syndicated_copy", "rewrite"


class Editor:
    """What other outlets make of a story."""

    def __init__(self, chance: random.Random, speech: Speech) -> None:
        self._chance, self._speech = chance, speech
        self._sites = [[self.sentence() for _ in range(40)] for _ in range(20)]
        self.ways: dict[str, tuple[str, Callable[[Story], Story]]] = {
            "copy, 1 of 50 words edited": (COPY, lambda story: self.reworded(story, 0.02)),
            "copy in a page of as much else": (COPY, self.wrapped),
            "shortened by a quarter": (COPY, lambda story: story[: round(0.75 * len(story))]),
            "reordered": (REWRITE, lambda story: chance.sample(story, len(story))),
            "1 of 10 words reworded": (REWRITE, lambda story: self.reworded(story, 0.1)),
            "1 of 5 words reworded": (REWRITE, lambda story: self.reworded(story, 0.2)),
            "half, reordered, 1 of 10 words reworded": (REWRITE, lambda story: self.reworded(chance.sample(story, len(story) // 2), 0.1)),
            "half of it, half new": (REWRITE, lambda story: self.mixed(story)),
        }

    def sentence(self) -> str:
        return " ".join(self._speech.utterance())

    def story(self) -> Story:
        return [self.sentence() for _ in range(self._chance.randint(15, 40))]

    def reworded(self, story: Story, share: float) -> Story:
        return [" ".join(self._speech.word() if self._chance.random() < share else word for word in line.split()) for line in story]

    def wrapped(self, story: Story) -> Story:
        site = self._chance.choice(self._sites)
        return [*site[:20], *story, *site[20:]]

    def mixed(self, story: Story) -> Story:
        return [*self._chance.sample(story, len(story) // 2), *(self.sentence() for _ in range(len(story) // 2))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=2)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    editor = Editor(chance, Speech(chance))
    pages: list[Page] = []
    way_of: dict[str, str] = {}
    before = editor.story()
    for number in range(options.stories):
        story = editor.story()
        if number % 3 == 0:
            story[5:8] = chance.sample(before, 3)
        pages.append(_page(f"{number:06}", story))
        for at, (way, (_, edited)) in enumerate(editor.ways.items() if number % 2 else ()):
            way_of[f"{number:06}-{at}"] = way
            pages.append(_page(f"{number:06}-{at}", edited(story), whole=way.startswith("copy in")))
        before = story
    begin = time.process_time()
    found = relations(pages, "benchmark")
    print(f"{len(pages):,} pages, {len(found):,} relations: {time.process_time() - begin:.1f} CPU s")
    labels = {(link.from_document, link.to_document): link.label for link in found}
    for way, (label, _) in editor.ways.items():
        given = Counter(labels.get((page[:6], page), "none") for page in way_of if way_of[page] == way)
        print(f"  {way:>40}: {label} {given[label] / given.total():.3f}  any {1 - given['none'] / given.total():.3f}")
    wrong = sum(one[:6] != other[:6] for one, other in labels)
    print(f"relations between different stories: {wrong}")


def _page(name: str, story: Story, whole: bool = False) -> Page:
    text = "\n".join(story)
    return Page.of(name, text, None if whole else [Span(0, len(text))], None)


if __name__ == "__main__":
    main()
