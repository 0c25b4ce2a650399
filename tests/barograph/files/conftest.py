"""Small files of every kind to damage: what these tests share is found beside them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
