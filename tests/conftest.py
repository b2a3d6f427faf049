import importlib.util
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from drumbeat.build import build
from drumbeat.repository import Repository
from tests.toy import Toy
from tests.toy import toy as make_toy

# A busy machine is no failure of a property.
settings.register_profile("drumbeat", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
settings.load_profile("drumbeat")

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


def pytest_configure(config: pytest.Config) -> None:
    """What huggingface_hub reads once, when it is imported here or in a child: nothing of this machine, nothing to the internet."""
    home = tempfile.TemporaryDirectory(prefix="drumbeat-hf-")
    config.add_cleanup(home.cleanup)
    for name in ("HF_TOKEN", "HF_TOKEN_PATH", "HUGGING_FACE_HUB_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE"):
        os.environ.pop(name, None)
    os.environ |= {"HF_HOME": home.name, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_UPDATE_DOWNLOAD_COUNTS": "0"}
    os.environ |= {"NO_PROXY": "127.0.0.1,localhost"}


def missing_part(reason: str) -> None:
    """Skip a test for want of a part (a server, a browser, a model); with CI=true that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have it: {reason}")
    pytest.skip(reason)


@pytest.fixture
def checkout() -> Repository:
    """This project's own repository."""
    return Repository(ROOT)


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    """A small valid repository, its inputs only."""
    return make_toy(tmp_path / "toy")


@pytest.fixture
def built(toy: Toy) -> Toy:
    """A small valid repository with its corpus."""
    build(toy.repository)
    return toy


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the project, where there is one; tests pass without it."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not beside this checkout")
    return SHARED


@pytest.fixture(autouse=True)
def _spacy(request: pytest.FixtureRequest) -> None:
    """What is exported for spaCy needs spaCy, which is an extra."""
    asked = getattr(request.node, "callspec", None)
    if asked is not None and asked.params.get("form") == "spacy" and importlib.util.find_spec("spacy") is None:
        missing_part("spaCy is not installed; `make test` installs it")
