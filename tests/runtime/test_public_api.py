"""What `import cellfill` promises: its names, its types, and that it is light."""

import builtins
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cellfill
from cellfill import errors

HEAVY = (
    "cellfill.bundle",
    "numpy",
    "scipy",
    "pandas",
    "fsspec",
    "anndata",
    "onnxruntime",
    "huggingface_hub",
    "rich",
    "tensorflow",
)


def test_public_names():
    assert cellfill.__all__ == [
        "CellfillError",
        "FitWarning",
        "Model",
        "__version__",
        "annotate",
        "annotate_file",
        "check",
        "doctor",
        "embed",
        "embed_file",
        "impute",
        "impute_file",
        "load",
        "pull",
        "recommend",
        "settings",
    ]
    assert all(hasattr(cellfill, name) for name in cellfill.__all__)
    assert dir(cellfill) == sorted(cellfill.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'imput'"):
        _ = cellfill.imput


def test_the_package_is_typed():
    assert (Path(cellfill.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize("statement", ["import cellfill", "import cellfill.cli"])
def test_importing_is_light(statement):
    code = f"import sys; {statement}; print([m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_help_imports_nothing_heavy():
    code = (
        "import sys, cellfill.cli\n"
        "sys.argv = ['cellfill', '--help']\n"
        "try:\n    cellfill.cli.main()\n"
        "except SystemExit:\n    pass\n"
        f"print('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "impute" in found.stdout
    assert found.stdout.strip().endswith("HEAVY []")


def test_help_reads_no_command():
    code = "import sys; from cellfill.cli import main; sys.argv = ['cellfill', '--help']\ntry:\n    main()\n"
    code += "finally:\n    print('READ', sorted(m for m in sys.modules if m.startswith('cellfill.cli.')))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip().endswith("READ ['cellfill.cli.program']")


def test_every_error_is_a_cellfill_error_and_a_builtin():
    leaves = [getattr(errors, name) for name in errors.__all__ if name != "CellfillError"]
    builtin = (ValueError, OSError, ImportError, RuntimeError, LookupError)
    assert all(issubclass(leaf, errors.CellfillError) and issubclass(leaf, builtin) for leaf in leaves)


def test_exit_codes_tell_the_kinds_of_error_apart():
    codes = {name: getattr(errors, name).exit_code for name in errors.__all__}
    assert codes["UsageError"] == 2
    assert codes["CountsError"] == codes["DataNotFoundError"] == 3
    assert codes["BundleError"] == codes["BundleNotFoundError"] == 4
    assert codes["MissingDependencyError"] == codes["DeviceError"] == 5
    assert codes["OutputExistsError"] == 6
    assert codes["ModelNotFoundError"] == codes["LockError"] == 4
    assert (codes["FitError"], codes["FitLimitsError"]) == (9, 8)  # what cellfill check exits with
    assert codes["HubError"] == codes["HubUnreachableError"] == codes["OfflineError"] == 7


def test_the_tree_of_errors_is_the_one_that_is_printed():
    lines = re.findall(r"^((?:│   |    )*)[├└]── ``(\w+)``(?: +\((\w+)\))?", errors.__doc__, re.MULTILINE)
    above = ["CellfillError"]
    for indent, name, builtin in lines:
        above[len(indent) // 4 + 1 :] = [name]
        assert above[-2] in [base.__name__ for base in getattr(errors, name).__bases__], name
        assert not builtin or issubclass(getattr(errors, name), getattr(builtins, builtin)), name
    assert sorted(name for _, name, _ in lines) == sorted(set(errors.__all__) - {"CellfillError"})


def test_the_hub_s_names():
    import cellfill.hub

    assert cellfill.hub.__all__ == ["Place", "list_models", "lock", "pull", "remove", "search", "show", "verify"]
    assert all(callable(getattr(cellfill.hub, name)) for name in cellfill.hub.__all__)
    assert dir(cellfill.hub) == sorted(cellfill.hub.__all__)
