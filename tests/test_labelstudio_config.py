import itertools
import xml.etree.ElementTree as ET

import pytest

from drumbeat import schema
from drumbeat.errors import ServerError
from drumbeat.labelstudio import config
from drumbeat.labelstudio.config import LABEL_SETS, RELATIONS, config_labels, label_config, with_labels, without_labels
from drumbeat.labelstudio.tasks import to_task
from drumbeat.model import LAYERS
from drumbeat.repository import Repository, read_annotation, read_document, read_seeds


def test_labels_and_values_are_those_of_the_schema() -> None:
    root = ET.fromstring(label_config())
    found = {control.get("name"): tuple(label.get("value") for label in control) for control in root.iter("Labels")}
    assert found == LABEL_SETS and tuple(found) == LAYERS
    assert found["regions"] == schema.labels("role") and found["entities"] == schema.labels("label")
    choices = {control.get("name"): tuple(choice.get("value") for choice in control) for control in root.iter("Choices")}
    assert choices == {"type": schema.labels("type"), "flags": ("negated", "garbled")}
    assert tuple(relation.get("value") for relation in root.iter("Relation")) == RELATIONS


def test_every_value_of_a_region_names_the_labels_that_it_goes_with() -> None:
    for control in ET.fromstring(label_config()).iter():
        if control.get("perRegion"):
            labels = set((control.get("whenLabelValue") or "").split(","))
            assert labels and labels <= set(LABEL_SETS[control.get("whenTagName", "")])


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_can_stand_alone(layer: str) -> None:
    root = ET.fromstring(label_config([layer]))
    assert [control.get("name") for control in root.iter("Labels")] == [layer]
    assert bool(list(root.iter("Relation"))) == (layer == "quotes")
    (text,) = root.iter("Text")
    assert text.get("granularity") == "symbol"


def test_hotkeys_are_given_once() -> None:
    keys = [label.get("hotkey") for label in ET.fromstring(label_config()).iter("Label")]
    assert len(keys) == len(set(keys)) and all(keys)


def _lab(colour: str) -> tuple[float, float, float]:
    """CIE L*a*b* of an sRGB colour, D65."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))]
    rows = ((0.4124, 0.3576, 0.1805, 0.9505), (0.2126, 0.7152, 0.0722, 1.0), (0.0193, 0.1192, 0.9505, 1.089))
    x, y, z = (sum(a * b for a, b in zip(row, linear, strict=False)) / row[3] for row in rows)
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def _told_apart(layer: str) -> None:
    (control,) = ET.fromstring(label_config([layer])).iter("Labels")
    colours = [str(label.get("background")) for label in control]
    for one, other in itertools.combinations(colours, 2):
        distance = sum((a - b) ** 2 for a, b in zip(_lab(one), _lab(other), strict=True)) ** 0.5
        assert distance > 15, (one, other, distance)


@pytest.mark.parametrize("layer", LAYERS)
def test_colours_of_a_layer_can_be_told_apart(layer: str) -> None:
    """CIE76 distance; about 2.3 is just noticeable, so 15 is plain."""
    _told_apart(layer)


@pytest.mark.parametrize("layer", ["regions", "nonquotes", "entities"])
@pytest.mark.parametrize("number", [-2, 1, 8])
def test_a_set_that_lost_or_gained_labels_has_a_configuration(layer: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    old = LABEL_SETS[layer]
    before = {label.get("value"): label.attrib for label in ET.fromstring(label_config()).iter("Label")}
    new = old[:number] if number < 0 else (*old, *(f"added{index}" for index in range(number)))
    monkeypatch.setitem(config.LABEL_SETS, layer, new)
    assert label_config() == label_config()
    found = list(ET.fromstring(label_config()).iter("Label"))
    keys = [label.get("hotkey") for label in found]
    assert len(keys) == len(set(keys)) == sum(map(len, LABEL_SETS.values())) and all(keys)
    assert all(label.attrib == before.get(label.get("value"), label.attrib) for label in found)
    (alone,) = ET.fromstring(label_config([layer])).iter("Labels")
    assert [label.attrib for label in alone] == [label.attrib for label in found if label.get("value") in new]
    _told_apart(layer)


def test_labels_beyond_every_key_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(config.LABEL_SETS, "entities", tuple(f"l{index}" for index in range(60)))
    keys = [label.get("hotkey") for label in ET.fromstring(label_config()).iter("Label")]
    given = [key for key in keys if key is not None]
    assert len(given) == len(set(given)) < len(keys) and "" not in given


def test_results_use_only_what_the_configuration_has(checkout: Repository) -> None:
    root = ET.fromstring(label_config())
    controls = {control.get("name") for control in root.iter() if control.get("toName")}
    for seed in read_seeds(checkout):
        document = read_document(checkout, seed)
        task = to_task(document, gold=read_annotation(checkout, document).gold)
        for item in task["annotations"][0]["result"]:
            assert item["type"] == "relation" or item["from_name"] in controls


# -- a project's own configuration ----------------------------------------------------------------


def test_a_renamed_label_takes_the_place_the_colour_and_the_key_of_the_old_one() -> None:
    origins, gone = {"entities": {"BODY": "ORG"}}, {"entities": {"ORG"}}
    wide = with_labels(label_config(), origins, gone)
    assert config_labels(wide) == config_labels(label_config()) | {("entities", "BODY")} and ",ORG,BODY," in wide
    assert wide.count('hotkey="o"') == 1, "no key stands for two labels"
    assert with_labels(wide, origins, gone) == wide
    assert without_labels(wide, gone) == label_config().replace('value="ORG"', 'value="BODY"').replace(",ORG,", ",BODY,")


def test_the_labels_of_a_split_can_be_told_apart() -> None:
    wide = with_labels(label_config(), {"regions": {"prose": "body", "list": "body", "table": "body"}}, {"regions": {"body"}})
    control = next(ET.fromstring(wide).iter("Labels"))
    found = {label.get("value"): (label.get("background"), label.get("hotkey")) for label in control}
    old = next(label for label in ET.fromstring(label_config()).iter("Label") if label.get("value") == "body")
    assert found["prose"] == (old.get("background"), old.get("hotkey")) and found["list"][1] is None
    assert len({colour for label, (colour, _) in found.items() if label != "body"}) == len(found) - 1
    at = list(found).index("body")
    assert list(found)[at : at + 4] == ["body", "prose", "list", "table"]


def test_a_label_that_stays_keeps_what_it_has() -> None:
    config = with_labels(label_config(), {"entities": {"ORG": "ORG", "GOV": "ORG"}}, {"entities": set()})
    assert next(line for line in label_config().splitlines() if "ORG" in line) in config.splitlines()
    assert ("entities", "GOV") in config_labels(config) and ",ORG,GOV," in config


def test_what_people_added_to_a_configuration_stays() -> None:
    own = """<View><!-- see the wiki --><Labels name="regions" toName="text"><Label value="body"/><Label value="ours" background="red"/>
      </Labels><TextArea name="note" toName="text" perRegion="true" whenTagName="regions" whenLabelValue="body,ours"/>
      <Labels name="mood" toName="text"><Label value="body"/></Labels><Text name="text" value="$text"/></View>"""
    origins, gone = {"regions": {"prose": "body", "list": "nowhere"}, "entities": {"BODY": "ORG"}}, {"regions": {"body"}}
    config = without_labels(with_labels(own, origins, gone), gone)
    assert "<!-- see the wiki -->" in config and 'whenLabelValue="prose,ours"' in config
    assert config_labels(config) == {("regions", "prose"), ("regions", "ours"), ("regions", "list"), ("mood", "body")}
    assert with_labels(label_config(["quotes"]), origins, gone) == label_config(["quotes"])


def test_a_configuration_that_is_no_xml_is_told() -> None:
    assert config_labels("<View>") == config_labels("") == set()
    with pytest.raises(ServerError, match="is no XML"):
        with_labels("<View>", {}, {})
    with pytest.raises(ServerError, match="is no XML"):
        without_labels("<View>", {})
