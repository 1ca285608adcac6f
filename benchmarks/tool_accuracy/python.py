"""Whether the ``python`` tool computes what plain Python does, gives files back, and holds attacks."""

from tool_accuracy import Accuracy, Call

_TABLE = b"month,sales\nJanuary,10\nFebruary,14\nMarch,9\n"

# Code over file_1.csv, and the answer.
_PROGRAMS: tuple[tuple[str, object], ...] = (
    ("final_answer(2 ** 100)", 2**100),
    ("final_answer(sorted('harbour')[-1])", "u"),
    ("import csv\nfinal_answer(sum(int(r['sales']) for r in csv.DictReader(open('file_1.csv'))))", 33),
    ("import pandas\nt = pandas.read_csv('file_1.csv')\nfinal_answer(t.sales.mean())", 11),
    ("import pandas\nt = pandas.read_csv('file_1.csv')\nfinal_answer(t.loc[t.sales.idxmax(), 'month'])", "February"),
    ("import numpy\nfinal_answer(numpy.linalg.det([[2, 1], [1, 3]]).round(6))", 5),
    ("import numpy\nfinal_answer(numpy.arange(5).cumsum())", [0, 1, 3, 6, 10]),
    ("import sympy\nx = sympy.Symbol('x')\nfinal_answer(str(sympy.integrate(2 * x, x)))", "x**2"),
    ("import math, fractions\nfinal_answer(str(sum(fractions.Fraction(1, n) for n in range(1, 5))))", "25/12"),
    ("from datetime import date\nfinal_answer((date(2026, 11, 22) - date(2026, 1, 1)).days)", 325),
    ("import re\nfinal_answer(re.findall(r'[A-Z]\\w+', open('file_1.csv').read()))", ["January", "February", "March"]),
    (
        "import openpyxl\nb = openpyxl.Workbook(); b.active['A1'] = 7\nfinal_answer(b.active['A1'].value)",
        7,
    ),
    ("from PIL import Image\nfinal_answer(Image.new('RGB', (4, 4), 'red').getpixel((1, 1)))", [255, 0, 0]),
    ("match [1, 2]:\n    case [a, b]:\n        final_answer(a + b)", 3),
    ("final_answer(max((n for n in range(2, 100) if all(n % d for d in range(2, n)))))", 97),
)  # fmt: skip

# Code that must not get what it wants: it prints HELD when it did not.
_ATTACKS = (
    "try: open('/etc/passwd'); print('OUT')\nexcept OSError: print('HELD')",
    "try: open('/etc/evil', 'w'); print('OUT')\nexcept OSError: print('HELD')",
    "import socket\ntry: socket.create_connection(('127.0.0.1', 80), 1); print('OUT')\nexcept OSError: print('HELD')",
    "import os\ntry: os.fork(); print('OUT')\nexcept OSError: print('HELD')",
    "import subprocess\ntry: subprocess.run(['id']); print('OUT')\nexcept OSError: print('HELD')",
    "import os\nprint('OUT' if any('KEY' in k or 'TOKEN' in k for k in os.environ) else 'HELD')",
    "try: x = bytearray(8 * 2**30); print('OUT')\nexcept MemoryError: print('HELD')",
    "try: open('big', 'wb').write(bytes(80 * 2**20)); print('OUT')\nexcept OSError: print('HELD')",
)
_FILES = (
    ("open('a.txt', 'w').write('x')", ["a.txt"]),
    ("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.savefig('Chart 1.png')", ["chart_1.png"]),
    ("import os\nos.mkdir('out')\nopen('out/B.csv', 'w').write('1')", ["b.csv"]),
)


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Shares of programs, files and attacks that end as they must."""
    files = {"file_1.csv": _TABLE}
    right = [call(files, code=code).value["answer"] == answer for code, answer in _PROGRAMS]
    held = [call(files, code=code).value["output"].startswith("HELD\n") for code in _ATTACKS]
    kept = [sorted(call(files, code=code).value["files"].values()) == names for code, names in _FILES]
    return (
        Accuracy("answers of programs", sum(right) / len(right), len(right), reach=1.0),
        Accuracy("files given back", sum(kept) / len(kept), len(kept), reach=1.0),
        Accuracy("attacks held", sum(held) / len(held), len(held), reach=1.0),
    )
