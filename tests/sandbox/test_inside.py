"""Code shares its process with the loop that runs it: what it does to that loop hurts nobody but itself."""

import pytest

# After these the worker may live or die; what counts is that the neighbours do, and that no answer is invented.
PATCHES = {
    "json that lies": "import json\njson.dumps = lambda *a, **k: '{}'\njson.loads = lambda *a: {}",
    "a socket that lies": "import socket\nsocket.socket.sendall = lambda *a: None",
    "builtins that lie": "import builtins\nbuiltins.len = builtins.isinstance = builtins.compile = lambda *a, **k: 1",
    "no builtins": "import builtins\nfor n in list(vars(builtins)):\n    if n[0] != '_': delattr(builtins, n)",
    "no modules": "import sys\nsys.modules.clear()",
    "a time that lies": "import time\ntime.process_time = lambda: float('nan')",
    "output that raises": "import sys\nclass X:\n    def write(self, t): raise OSError\n"
    "    def text(self): return 5\nsys.stdout = sys.stderr = X()\nprint('x')",
    "output whose text lies": "import sys\ntype(sys.stdout).text = lambda self: ['no text']",
    "a trace that raises": "import sys\ndef trace(*a): raise OSError('traced')\nsys.settrace(trace)",
    "a profiler that raises": "import sys\ndef trace(*a): raise OSError('traced')\nsys.setprofile(trace)",
    "an audit hook": "import sys\ndef hook(*a): raise OSError('audited')\nsys.addaudithook(hook)",
    "a hook for imports": "import sys\nsys.meta_path[:] = []\nsys.path[:] = ['/job']\nsys.path_hooks[:] = []",
    "a collector that finds the loop": "import gc\nfor x in gc.get_objects():\n"
    "    if type(x).__name__ == 'Session': x._answers = [1]; x._connection = None",
    "the frames above": "import sys\nf = sys._getframe()\nwhile f:\n"
    "    for v in list(f.f_locals.values()):\n"
    "        if hasattr(v, '_answers'): v._answers.append({1, 2})\n    f = f.f_back",
    "a lock that is never given back": "import gc\nfor x in gc.get_objects():\n"
    "    if type(x).__name__ == 'Session': x._line.acquire()\necho(1)",
    "lines that lie": "import linecache\nlinecache.cache.clear()\nlinecache.getline = None\n1 / 0",
    "a recursion limit of nothing": "import sys\nsys.setrecursionlimit(50)\n1 / 0",
    "a limit of nothing": "import resource\nresource.setrlimit(resource.RLIMIT_AS, (2**20, 2**20))",
    "no descriptors left": "import os\nkept = []\nwhile True: kept.append(os.dup(0))",
    "an error hook": "import sys\nsys.excepthook = sys.unraisablehook = lambda *a: 1 / 0\nraise ValueError",
    "a name that lies": "import sys\nsys.modules['__main__'] = None\n__name__ = None\nprint(1)",
    "a rewritten ToolError": "ToolError = None\nfinal_answer = None\necho = None",
    "a rewritten code object": "f = final_answer.__func__\nf.__code__ = (lambda self, answer: None).__code__",
}


@pytest.mark.parametrize("code", PATCHES.values(), ids=PATCHES.keys())
def test_a_loop_that_code_broke_is_its_own(attack, code):
    for result in attack(code, "print(1)", "x = 1"):
        assert isinstance(result.output, str)
        assert isinstance(result.error, str)


HOSTILE = {
    "text that raises": ("class X:\n    def __str__(self): raise OSError('no text')", "X()", "execution"),
    "text that is no text": ("class X:\n    def __str__(self): return 5", "X()", "execution"),
    "text that leaves": ("class X:\n    def __str__(self): raise SystemExit", "X()", "execution"),
    "text without end": ("class X:\n    def __str__(self):\n        while True: pass", "X()", "timeout"),
    "a class that lies": ("class X:\n    __class__ = property(lambda s: 1 / 0)", "X()", "execution"),
    "a class that says it is a dict": ("class X:\n    __class__ = dict", "X()", "execution"),
    "attributes that raise": ("class X:\n    def __getattribute__(s, n): raise OSError", "X()", "execution"),
    "a branching knot": ("x = 1\nfor _ in range(60): x = [x, x]", "x", "timeout"),
    "a dict that changes": (
        "class D(dict):\n    def items(self):\n        while True: yield 1, 1",
        "D(a=1)",
        "timeout",
    ),
    "an array that lies": (
        "import numpy\nclass A(numpy.ndarray):\n    def tolist(self): return self\nA.__module__ = 'numpy'",
        "numpy.zeros(2).view(A)",
        "",
    ),
}


@pytest.mark.parametrize(("made", "value", "kind"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_answer_is_the_steps_error(attack, made, value, kind):
    first, second = attack(f"{made}\nfinal_answer({value})", "print('alive')")
    assert first.error_kind == kind
    assert second.output == "alive\n"


VALUES = {
    "a list in itself": "x = []; x.append(x)",
    "a dict in itself": "x = {}; x['x'] = x",
    "depth without end": "x = 1\nfor _ in range(10**5): x = [x]",
    "not a number": "x = float('nan')",
    "infinity": "x = [float('-inf')]",
    "a number of many digits": "import sys; sys.set_int_max_str_digits(0); x = 10 ** 10**5",
    "half a character": "x = '\\ud800'",
    "a null character": "x = 'a\\0b'",
    "a function": "x = print",
    "a module": "import os; x = os",
    "bytes": "x = b'\\xff' * 100",
    "a generator without end": "import itertools; x = itertools.count()",
    "an object that reduces to a call": "class X:\n    def __reduce__(self): return (exit, ())\nx = X()",
}


@pytest.mark.parametrize("made", VALUES.values(), ids=VALUES.keys())
def test_a_value_without_json_becomes_text_or_an_error(attack, made):
    argument, answer, last = attack(f"{made}\necho(x)", f"{made}\nfinal_answer(x)", "print('alive')")
    assert argument.error_kind in ("", "execution")
    assert answer.answered or answer.error_kind == "execution"
    assert last.output == "alive\n"


ERRORS = {
    "whose text raises": "class E(Exception):\n    def __str__(self): raise OSError\nraise E",
    "whose text leaves": "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E",
    "whose class lies": "class E(Exception):\n    __class__ = None\nraise E",
    "that is its own cause": "e = ValueError()\ne.__cause__ = e\nraise e",
    "with a chain without end": "e = None\nfor _ in range(10**5):\n    n = ValueError(); n.__context__ = e\n"
    "    e = n\nraise e",
    "of a million notes": "e = ValueError()\ne.__notes__ = ['x' * 100] * 10**5\nraise e",
    "in a group in a group": "e = ValueError()\nfor _ in range(500): e = ExceptionGroup('g', [e])\nraise e",
    "that looks like a timeout": "raise type('_StepTimeoutSignal', (BaseException,), {})",
    "that leaves": "raise SystemExit(0)",
    "of a broken syntax error": "raise SyntaxError('x', (None, -5, 'y', 7))",
    "of the keyboard": "raise KeyboardInterrupt",
    "that ends a generator": "raise GeneratorExit",
}


@pytest.mark.parametrize("code", ERRORS.values(), ids=ERRORS.keys())
def test_a_hostile_error_is_described(attack, code):
    first, second = attack(code, "print('alive')")
    assert first.error_kind in ("execution", "syntax")
    assert 0 < len(first.error) < 6_000
    assert second.output == "alive\n"


def test_code_that_compiles_for_ever_or_too_deep_is_an_error(attack):
    first, second, third = attack("(" * 100_000, "x = " + "-" * 50_000 + "1", "print('alive')")
    assert first.error_kind == "syntax"
    assert second.error_kind in ("syntax", "memory", "execution")
    assert third.output == "alive\n"
