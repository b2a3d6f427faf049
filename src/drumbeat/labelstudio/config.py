"""The labeling configuration, generated from the schema.

One control a layer, and for the head of a quotation (its first content span) and for a mention the values that belong to the
record.  Controls and labels have the schema's own names, so a result reads like a record.
"""

import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Collection, Mapping, Sequence
from string import ascii_lowercase

from drumbeat.errors import ServerError
from drumbeat.model import LAYERS
from drumbeat.schema import labels

TEXT = "text"
QUOTE_ROLES = ("content", "cue", "source")
RELATIONS = ("cue_of", "source_of", "continues", "child_of")
FLAGS = ("negated", "garbled")
LABEL_SETS: dict[str, tuple[str, ...]] = {
    "regions": labels("role"),
    "quotes": QUOTE_ROLES,
    "nonquotes": labels("reason"),
    "entities": labels("label"),
}

# Colours and keys are given in the order of the labels; within a layer no two colours are near each other
# (tests/test_labelstudio_config.py).  Labels that a set gained since get further ones: `_further_colours`, `_further_keys`.
_COLOURS = {
    "regions": (
        *("#1f77b4", "#17becf", "#6a3d9a", "#2ca02c"),  # main: blues and greens
        *("#bcbd22", "#e7cb94", "#8c6d31", "#c7e9c0"),  # supplemental: olives and pale
        *("#d62728", "#ff7f0e", "#e377c2", "#7f0000", "#f7b6d2", "#7f7f7f", "#c7c7c7", "#3d3d3d"),  # boilerplate: reds and greys
    ),
    "quotes": ("#ffd54f", "#ef6c00", "#5c6bc0"),
    "nonquotes": ("#90a4ae", "#8d6e63", "#ce93d8", "#e53935"),
    "entities": ("#00aaff", "#7e57c2", "#0044cc", "#00c48c", "#8bc34a", "#ff8a65", "#ffca28", "#ec407a", "#6d4c41", "#26c6da"),
}
_HOTKEYS: dict[str, Sequence[str]] = {
    "quotes": "123",
    "nonquotes": "4567",
    "entities": ("p", "n", "o", "g", "l", "f", "e", "w", "a", "d"),
    "regions": tuple(f"shift+{key}" for key in "hdsbytcrniualmgx"),
}
_LABELLED = {"Label": "Labels", "Choice": "Choices"}  # an element and the control that holds it
_PREFIXES = {"regions": ("shift+", "alt+shift+"), "quotes": ("",), "nonquotes": ("", "alt+"), "entities": ("", "alt+")}


def label_config(layers: Sequence[str] = LAYERS) -> str:
    """The configuration of a project for these layers, as XML.

    White space and line breaks of the page show as they are, and the controls stay in sight above a long page.
    """
    keys = _hotkeys()
    view = ET.Element("View")
    ET.SubElement(view, "Header", value="$title", size="4")
    top = ET.SubElement(view, "View", style="position: sticky; top: 0; z-index: 5; background: var(--color-neutral-background, #fff)")
    for layer in layers:
        control = ET.SubElement(top, "Labels", name=layer, toName=TEXT, showInline="true")
        for label, colour, key in zip(LABEL_SETS[layer], _colours(layer), keys[layer], strict=True):
            ET.SubElement(control, "Label", {"value": label, "background": colour} | ({"hotkey": key} if key else {}))
    if "quotes" in layers:
        head = {"toName": TEXT, "perRegion": "true", "whenTagName": "quotes", "whenLabelValue": "content"}
        _choices(top, "type", labels("type"), "single-radio", head)
        _choices(top, "flags", FLAGS, "multiple", head)
        _text(top, "speaker", "entity id of who said it, then Enter", head)
        _text(top, "speaker_name", "speaker's name as the page has it, then Enter", head)
    if "entities" in layers:
        names = {"toName": TEXT, "perRegion": "true", "whenTagName": "entities", "whenLabelValue": ",".join(LABEL_SETS["entities"])}
        _text(top, "entity", "entity id, or new:NAME, then Enter", names)
    if "quotes" in layers:
        relations = ET.SubElement(view, "Relations")
        for name in RELATIONS:
            ET.SubElement(relations, "Relation", value=name)
    page = ET.SubElement(view, "View", style="white-space: pre-wrap")
    ET.SubElement(page, "Text", name=TEXT, value="$text", valueType="text", saveTextResult="yes", granularity="symbol")
    ET.indent(view)
    return ET.tostring(view, encoding="unicode") + "\n"


def _colours(layer: str) -> list[str]:
    """A colour for each label of a layer; beyond the chosen ones each is the farthest from those before it."""
    colours = list(_COLOURS[layer][: len(LABEL_SETS[layer])])
    while len(colours) < len(LABEL_SETS[layer]):
        colours.append(_farthest(colours))
    return colours


def _farthest(colours: Sequence[str]) -> str:
    return max(_PALETTE, key=lambda candidate: min((_distance(candidate, colour) for colour in colours), default=0.0))


_HEX = re.compile("#[0-9a-fA-F]{6}")
_PALETTE = tuple("#" + "".join(code) for code in itertools.product(("11", "44", "77", "aa", "dd"), repeat=3))


def _distance(one: str, other: str) -> float:
    """How different two colours look, roughly: the square of their distance in RGB, weighted as the eye weighs it."""
    (r, g, b), (s, h, c) = (bytes.fromhex(colour[1:]) for colour in (one, other))
    red = (r + s) / 2 / 256
    return (2 + red) * (r - s) ** 2 + 4 * (g - h) ** 2 + (3 - red) * (b - c) ** 2


def _hotkeys() -> dict[str, list[str]]:
    """A key for each label of every layer, no key twice; "" where none is left.

    The keys of a layer do not depend on the layers that a project has.
    """
    keys = {layer: list(_HOTKEYS[layer][: len(LABEL_SETS[layer])]) for layer in LAYERS}
    taken = {key for of_layer in keys.values() for key in of_layer}
    for layer in LAYERS:
        for label in LABEL_SETS[layer][len(keys[layer]) :]:
            letters = dict.fromkeys(key for key in (*label.lower(), *ascii_lowercase) if key in ascii_lowercase)
            candidates = [prefix + key for prefix in _PREFIXES[layer] for key in letters]
            key = next((candidate for candidate in candidates if candidate not in taken), "")
            keys[layer].append(key)
            taken.add(key)
    return keys


def _choices(parent: ET.Element, name: str, values: Sequence[str], choice: str, where: dict[str, str]) -> None:
    control = ET.SubElement(parent, "Choices", {"name": name, "choice": choice, "showInline": "true", **where})
    for value in values:
        ET.SubElement(control, "Choice", value=value)


def _text(parent: ET.Element, name: str, placeholder: str, where: dict[str, str]) -> None:
    ET.SubElement(parent, "TextArea", {"name": name, "placeholder": placeholder, "editable": "true", "maxSubmissions": "1", **where})


# -- a project's own configuration ----------------------------------------------------------------


def config_labels(config: str) -> set[tuple[str, str]]:
    """The labels of a configuration with their control; relations are labels of the control "relation"."""
    try:
        root = _parsed(config)
    except ServerError:
        return set()
    found = {
        (control.get("name", ""), element.get("value", ""))
        for tag, holder in _LABELLED.items()
        for control in root.iter(holder)
        for element in control.iter(tag)
    }
    return found | {("relation", element.get("value", "")) for element in root.iter("Relation")}


def with_labels(config: str, origins: Mapping[str, Mapping[str, str]], gone: Mapping[str, Collection[str]]) -> str:
    """A configuration with further labels: `origins` says, by control, what each comes from, `gone` which labels are going to go.

    A label stands behind its origin, and is offered for the same fields; where the origin is going, the first one has its colour and key.

    Raises ServerError where the configuration is no XML.
    """
    root = _parsed(config)
    for control in root.iter("Labels"):
        name = control.get("name", "")
        backwards = list(reversed(list(origins.get(name, {}).items())))  # each stands right behind its origin
        heirs = {origin: label for label, origin in backwards if origin in gone.get(name, ())}
        for label, origin in backwards:
            _add(control, label, origin, heirs.get(origin) == label)
    for element in root.iter():
        for label, origin in reversed(list(origins.get(element.get("whenTagName", ""), {}).items())):
            names = element.get("whenLabelValue", "").split(",")
            if origin in names and label not in names:
                names.insert(names.index(origin) + 1, label)
                element.set("whenLabelValue", ",".join(names))
    return _written(root, config)


def without_labels(config: str, gone: Mapping[str, Collection[str]]) -> str:
    """A configuration without some labels of its controls.  Raises ServerError where it is no XML."""
    root = _parsed(config)
    for control in root.iter("Labels"):
        for element in [item for item in control if item.get("value") in gone.get(control.get("name", ""), ())]:
            control.remove(element)
    for element in root.iter():
        leaving = gone.get(element.get("whenTagName", ""), ())
        if "whenLabelValue" in element.attrib and leaving:
            names = [name for name in element.attrib["whenLabelValue"].split(",") if name not in leaving]
            element.set("whenLabelValue", ",".join(names))
    return _written(root, config)


def _add(control: ET.Element, label: str, origin: str, inherits: bool) -> None:
    found = {element.get("value"): element for element in control if element.tag == "Label"}
    if label in found:
        return
    old = found.get(origin)
    if old is not None and inherits:
        look = old.attrib | {"value": label}
        old.attrib.pop("hotkey", None)
    else:
        colours = [element.get("background", "") for element in found.values()]
        look = {"value": label, "background": _farthest([colour for colour in colours if _HEX.fullmatch(colour)])}
    control.insert(len(control) if old is None else list(control).index(old) + 1, ET.Element("Label", look))


def _parsed(config: str) -> ET.Element:
    try:
        return ET.fromstring(config.strip() or "<View/>", ET.XMLParser(target=ET.TreeBuilder(insert_comments=True)))
    except ET.ParseError as error:
        raise ServerError(f"the project's labeling configuration is no XML ({error}); set another one there") from None


def _written(root: ET.Element, former: str) -> str:
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + ("\n" if former.endswith("\n") else "")
