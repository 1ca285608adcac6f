import pytest

from journeyman.errors import SandboxError

ANSWERS = [
    ("7", 7),
    ("(1, 2)", [1, 2]),
    ("{3, 1}", [1, 3]),
    ("{1: 'x'}", {"1": "x"}),
    ("Decimal('2.50')", 2.5),
    ("np.int64(3)", 3),
    ("np.float32(0.5)", 0.5),
    ("np.arange(3)", [0, 1, 2]),
    ("float('nan')", "nan"),
    ("'a\\ud800b'", "a?b"),
    ("pd.DataFrame({'a': [1]})", "   a\n0  1"),
    ("Path('x.png')", "x.png"),
]


def test_names_are_kept_between_steps(run):
    _, second = run("import math\nx = 20\ndef double(v): return 2 * v", "print(double(x), math.floor(2.5))")
    assert second.output == "40 2\n"


def test_the_whole_language_works(run):
    code = """
import asyncio, dataclasses
from concurrent.futures import ThreadPoolExecutor
def squares():
    for n in range(4):
        yield n * n
@dataclasses.dataclass
class Point:
    x: int
async def wait():
    await asyncio.sleep(0)
    return "waited"
match Point(3):
    case Point(x=value):
        print(value)
if (total := sum(squares())) > 1:
    print(total)
print(asyncio.run(wait()))
with ThreadPoolExecutor(4) as pool:
    print(list(pool.map(str, range(3))))
"""
    (result,) = run(code)
    assert (result.output, result.error) == ("3\n14\nwaited\n['0', '1', '2']\n", "")


def test_preloaded_libraries_draw_and_count(run):
    code = """
import numpy as np, pandas as pd, matplotlib.pyplot as plt
from PIL import Image
plt.plot(pd.Series(np.arange(3)))
plt.savefig("plot.png")
print(Image.open("plot.png").format)
"""
    (result,) = run(code)
    assert (result.output, result.error) == ("PNG\n", "")


def test_more_of_the_language_works(run):
    code = """
import abc, contextlib, enum, functools, typing
class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self) -> float: ...
class Square(Shape):
    __slots__ = ("side",)
    def __init__(self, side): self.side = side
    def area(self): return self.side ** 2
class Colour(enum.Enum):
    RED = 1
@contextlib.contextmanager
def opened():
    yield "open"
@functools.lru_cache
def fibonacci(n): return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
async def numbers():
    for n in range(3):
        yield n
async def collect():
    return [n async for n in numbers()]
T = typing.TypeVar("T")
total = 0
def add(n):
    global total
    total += n
    def inner():
        nonlocal n
        n += 1
        return n
    return inner()
first, *rest = {**{"a": 1}, "b": 2}
with opened() as how:
    print(how, Square(3).area(), Colour(1).name, fibonacci(50), first, rest, add(4), total)
import asyncio
print(asyncio.run(collect()), [y := 2, y ** 2], f"{3.14159:.2f}", (lambda *a, k=1: (a, k))(1, 2))
try:
    raise ExceptionGroup("group", [ValueError("v"), KeyError("k")])
except* ValueError as group:
    print(len(group.exceptions))
except* KeyError:
    print("key")
"""
    (result,) = run(code)
    expected = "open 9 RED 12586269025 a ['b'] 5 4\n[0, 1, 2] [2, 4] 3.14 ((1, 2), 1)\n1\nkey\n"
    assert (result.output, result.error) == (expected, "")


def test_charts_have_text_and_print_no_warning(run):
    code = """
import matplotlib.pyplot as plt
fig, axes = plt.subplots()
axes.bar(["Übung", "b"], [1, 2])
axes.set_title("Title $x^2$")
axes.set_xlabel("café")
fig.savefig("chart.png")
"""
    first, second = run(code, "plt.close('all')\nplt.plot([1])\nplt.savefig('again.png')")
    assert (first.output, first.error, second.output, second.error) == ("", "", "", "")


def test_tables_and_archives_are_read_and_written(run, folder):
    folder.put("file_1.csv", b"name,sales\na,1\nb,3\n")
    code = """
import io, json, pandas as pd, sqlite3, zipfile
table = pd.read_csv("file_1.csv")
table.groupby("name").sum().to_csv("out.csv")
json.dump({"total": int(table.sales.sum())}, open("out.json", "w"))
with zipfile.ZipFile("out.zip", "w") as archive:
    archive.write("out.csv")
with sqlite3.connect("out.db") as base:
    table.to_sql("t", base)
    print(base.execute("select sum(sales) from t").fetchall(), json.load(open("out.json")))
"""
    (result,) = run(code)
    assert (result.output, result.error) == ("[(4,)] {'total': 4}\n", "")
    assert folder.names() == ("file_1.csv", "out.csv", "out.db", "out.json", "out.zip")


def test_pools_of_threads_work_step_after_step(run):
    code = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(16) as pool:
    print(sum(pool.map(len, ["x"] * 100)))
"""
    assert [result.output for result in run(*[code] * 10)] == ["100\n"] * 10


def test_a_long_error_is_short(run):
    _, result = run("def f(n):\n    return f(n - 1) if n else 1 / 0", "f(500)")
    lines = result.error.splitlines()
    assert lines[1] == "  [496 more calls]"
    assert lines[-3:] == ['  File "<step 1>", line 2, in f', "    return f(n - 1) if n else 1 / 0", lines[-1]]
    assert len(lines) < 20


def test_final_answer_ends_the_run_from_inside_a_function(run):
    code = """
def solve():
    try:
        final_answer({"total": 12})
    except Exception:
        print("caught")
solve()
print("after")
"""
    (result,) = run(code)
    assert (result.answered, result.answer, result.output, result.error) == (True, {"total": 12}, "", "")


@pytest.mark.parametrize(("expression", "expected"), ANSWERS, ids=[expression for expression, _ in ANSWERS])
def test_answers_become_json(run, expression, expected):
    imports = "import numpy as np, pandas as pd\nfrom decimal import Decimal\nfrom pathlib import Path\n"
    (result,) = run(f"{imports}final_answer({expression})")
    assert (result.answer, result.error) == (expected, "")


def test_a_tool_call_goes_round(run):
    (result,) = run("import numpy as np\nprint(echo('file_1.png', scale=np.int64(2), box=(1, 2)))")
    assert result.output == "{'name': 'echo', 'args': ['file_1.png'], 'kwargs': {'scale': 2, 'box': [1, 2]}}\n"


def test_a_refusing_tool_raises_an_error_that_code_can_catch(run):
    caught, loose = run("try:\n    refuse('x')\nexcept ToolError as exc:\n    print('caught', exc)", "refuse('x')")
    assert caught.output == "caught no such picture\n"
    assert loose.error_kind == "execution"
    assert loose.error.endswith("refuse('x')\nToolError: no such picture")


def test_an_open_picture_is_no_argument(run):
    (result,) = run("from PIL import Image\necho(Image.new('RGB', (2, 2)))")
    assert "TypeError: echo() takes plain values, not PIL.Image.Image" in result.error


def test_calls_over_the_limit_are_refused_and_the_next_step_may_call_again(run):
    first, second = run("for _ in range(6): echo()", "print(echo()['name'])")
    assert "ToolError: a step may call tools 5 times" in first.error
    assert second.output == "echo\n"


def test_a_step_that_never_stops_calling_tools_is_ended(run):
    code = "while True:\n    try:\n        echo()\n    except ToolError:\n        pass"
    (result,) = run(code)
    assert result.error_kind == "died"


def test_errors_show_the_agents_own_lines_across_steps(run):
    _, result = run("def ratio(a, b):\n    return a / b", "import json\nratio(1, 0)")
    assert result.error_kind == "execution"
    assert result.error == (
        "Traceback (most recent call last):\n"
        '  File "<step 2>", line 2, in <module>\n    ratio(1, 0)\n'
        '  File "<step 1>", line 2, in ratio\n    return a / b\n'
        "ZeroDivisionError: division by zero"
    )


def test_errors_inside_libraries_show_no_library_lines(run):
    (result,) = run("import json\njson.loads('{')")
    assert "site-packages" not in result.error
    assert "/python" not in result.error
    assert result.error.splitlines()[-1].startswith("json.decoder.JSONDecodeError")


def test_a_syntax_error_runs_nothing_and_shows_the_line(run):
    first, second = run("print('start')\nfor x in", "print('alive')")
    assert (first.error_kind, first.output) == ("syntax", "")
    assert "for x in" in first.error
    assert second.output == "alive\n"


def test_output_before_an_error_is_kept(run):
    (result,) = run("print('before')\n1 / 0")
    assert result.output == "before\n"


def test_output_is_capped_and_marked(run):
    (result,) = run("print('x' * 5000)")
    assert result.output == "x" * 1000 + "\n[4001 more characters were cut]"


def test_leaving_with_sys_exit_is_an_error_of_the_step_only(run):
    first, second = run("import sys\nx = 1\nsys.exit(3)", "print(x)")
    assert (first.error_kind, second.output) == ("execution", "1\n")


def test_a_timeout_keeps_the_variables(run):
    first, second = run("x = 41\nwhile True: pass", "print(x + 1)")
    assert first.error_kind == "timeout"
    assert "line 2, in <module>" in first.error
    assert second.output == "42\n"


def test_a_timeout_swallowed_once_comes_again(run):
    code = "import time\ntry:\n    time.sleep(9)\nexcept BaseException:\n    print('swallowed')\nwhile True: pass"
    first, second = run(code, "print('alive')")
    assert (first.error_kind, first.output, second.output) == ("timeout", "swallowed\n", "alive\n")


def test_time_inside_tools_does_not_count(runner, sandbox, folder):
    import asyncio

    async def slow(name, args, kwargs):
        await asyncio.sleep(0.9)
        return "late"

    async def go():
        async with sandbox.worker(folder, ("look",), slow) as worker:
            return await worker.run("print(look())\nprint(sum(range(1000)))")

    result = runner.run(go())
    assert (result.output, result.error) == ("late\n499500\n", "")


def test_a_memory_bomb_leaves_the_worker_alive(run):
    first, second, third = run(
        "import numpy\nx = 1\nfull = []\nwhile True: full.append(numpy.zeros(10**7))", "del full", "print(x)"
    )
    assert first.error_kind == "memory"
    assert "2048 MiB" in first.error
    assert (second.error, third.output) == ("", "1\n")


def test_equal_code_gives_equal_random_numbers_and_set_order(runner, sandbox, folder):
    code = "import random, numpy as np\nprint(random.random(), np.random.rand(), list({'a', 'b', 'c', 'd'}))"

    async def once():
        async with sandbox.worker(folder, (), _no_tools) as worker:
            return (await worker.run(code)).output

    assert runner.run(once()) == runner.run(once())


def test_a_dead_worker_refuses_more_steps(run):
    with pytest.raises(SandboxError, match="dead"):
        run("import os\nos._exit(0)", "print(1)")


async def _no_tools(name, args, kwargs):
    raise AssertionError(name)
