"""Run one plan: this file alone is what the process of a learner's notebook executes.

Reads ``{"token", "memory", "kit", "steps"}`` as JSON from stdin, the kit with the section's table of mistakes; writes
to what was stdout a line of JSON, headed by the token, when a step begins and when a check has answered.

Two namespaces are kept apart. In the course's one run the cells of the course, as the course has them; in the
learner's one, which sees all of the first, run the answers and what they need. A check runs in a copy of the first,
with a kit just made anew, and gets nothing from the second but the names that its exercise defines. So what a notebook
does to ``check``, ``same`` or ``_results`` has no part in the verdict. Library functions that an answer has replaced
are put back. This keeps honest grades honest; it is no sandbox.
"""

import _thread
import ast
import builtins
import importlib
import itertools
import json
import linecache
import os
import re
import sys
import threading
import time
import types

LONGEST_HINT = 300
LARGEST_FILE = 100_000_000  # bytes
NUMBERS = itertools.count()  # as in IPython, no two cells have the same file name
FORBIDDEN_EVENTS = re.compile(
    r"os\.(system|fork|forkpty|exec|posix_spawn|spawn|startfile|kill|killpg)|subprocess\.Popen"
    r"|gc\.get_|sys\.(settrace|setprofile|addaudithook)"
)
FORBIDDEN_NAMES = {
    *("_getframe", "_current_frames", "currentframe", "getargvalues", "walk_stack", "getouterframes"),
    *("f_back", "f_globals", "f_locals", "tb_frame", "gi_frame", "__globals__", "__closure__"),
    *("get_referrers", "settrace", "setprofile", "ctypes", "_posixsubprocess"),
    *("__torch_function__", "__torch_dispatch__", "TorchFunctionMode", "TorchDispatchMode"),
    *("DisableTorchFunction", "DisableTorchFunctionSubclass"),
}
# What a notebook has and Python has not. A magic that shows something has no part in an answer.
NOTEBOOK = """
def display(*values, **options):
    pass


class _Shell:
    def __getattr__(self, name):
        return lambda *arguments, **options: []


def get_ipython():
    return _Shell()
"""


class World:
    """What checks rely on: the functions of builtins, of the modules and of the classes that the course uses."""

    def __init__(self, modules):
        self.attributes, self.functions = {}, {}  # of each owner its functions, of each function what it is made of
        self.library = {value: set(vars(value)) for value in modules if isinstance(value, type)}
        self.modules = dict(sys.modules)
        self.watch(modules)

    def watch(self, values):
        """Remember how these modules, classes and functions are now."""
        for value in values:
            if isinstance(value, types.FunctionType):
                self.functions.setdefault(value, made_of(value))
            elif isinstance(value, (types.ModuleType, type)) and value not in self.attributes:
                own = {
                    name: part
                    for name, part in vars(value).items()
                    if callable(part) or hasattr(part, "__get__") or isinstance(part, float)
                }
                self.attributes[value] = own
                for part in [*own.values(), *(getattr(part, "_implementation", None) for part in own.values())]:
                    if isinstance(part, types.FunctionType):
                        self.functions.setdefault(part, made_of(part))

    def restore(self):
        """Put back what was replaced; return the names of it."""
        changed = [name for name, module in self.modules.items() if sys.modules.get(name) is not module]
        sys.modules.update(self.modules)
        for owner, own in self.attributes.items():
            for name, part in own.items():
                now = vars(owner).get(name)
                if now is part:
                    continue
                if is_library(now) and now.__name__ == name:  # torch wraps some of its functions when first needed
                    own[name] = now
                else:
                    setattr(owner, name, part)
                    changed.append(name)
        for owner, names in self.library.items():
            for name in vars(owner).keys() - names:
                if not is_library(vars(owner)[name]) and any(name in vars(base) for base in owner.__mro__[1:]):
                    delattr(owner, name)
                    changed.append(name)
        for function, parts in self.functions.items():
            if made_of(function) != parts:
                function.__code__, function.__defaults__, function.__kwdefaults__ = parts
                changed.append(function.__name__)
        return changed


def made_of(function):
    return function.__code__, function.__defaults__, function.__kwdefaults__


def is_library(value):
    return isinstance(value, types.FunctionType) and os.path.isabs(value.__code__.co_filename)


def main():
    task = json.load(sys.stdin)
    steps, token = task["steps"], task.pop("token")
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)
    sys.path[:] = task["path"]
    limit(task["memory"])

    def say(**message):
        channel.write(token + json.dumps(message) + "\n")
        channel.flush()

    course = {"__name__": "__main__"}
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    learner = vars(module)
    execute(NOTEBOOK, learner)
    world = World(imported([task["kit"], *(step["source"] for step in steps if step["kind"] != "learner")]))
    _thread.start_new_thread(end_with_parent, (os.getppid(),))
    forbid()
    errors, answered = {}, {step["exercise"] for step in steps if step["kind"] == "learner"}
    for number, step in enumerate(steps):
        say(begins=number)
        if step["kind"] in ("course", "absent"):
            before = dict(course)
            execute(step["source"], course)
            new = {name: value for name, value in course.items() if before.get(name) is not value}
            if step["kind"] == "course":
                share(new, learner)
            world.watch(new.values())
        elif step["kind"] == "learner":
            try:
                refuse_tricks(step["source"])
                execute(step["source"], learner)
            except BaseException as error:  # SystemExit and KeyboardInterrupt stop a cell, not the notebook
                errors[step["exercise"]] = described(error)
        else:
            names = {name: learner[name] for name in step["names"] if name in learner}
            mark, hint, mistake, observation = run_check(step, task["kit"], course, names, world)
            if mark == "⏳" and (error := errors.get(step["exercise"])):
                mark, hint = "❌", f"ячейка ответа остановилась: {error}"
            elif mark == "⏳" and not names and step["exercise"] in answered:
                mark, hint = "❌", f"в ячейке ответа нет {step['names'][0]}: это имя менять нельзя"
            elif "NameError" in hint and (error := errors.get("")):
                hint = f"{hint}; раньше остановилась добавленная ячейка: {error}"
            found = {"mistake": mistake, "observation": observation} if mark == "❌" else {}
            say(exercise=step["exercise"], mark=mark, hint=hint, **found)
    say(ends=True)
    os._exit(0)


def share(new, learner):
    """Give the learner's cells what a cell of the course has made.

    If they had a class of their own there, what they added to it goes to the course's.
    """
    for name, value in new.items():
        own = learner.get(name)
        if isinstance(value, type) and isinstance(own, type) and own.__name__ == name:
            for part in vars(own).keys() - vars(value).keys():
                setattr(value, part, vars(own)[part])
        learner[name] = value


def run_check(step, kit, course, names, world):
    """``(mark, hint, mistake, observation)`` of a check, run on the learner's ``names``."""
    name = step["exercise"]
    world.restore()
    namespace = dict(course)
    execute(kit, namespace)
    namespace.update({tool: private(namespace[tool]) for tool in ("np", "math") if tool in namespace})
    results = namespace["_results"]
    printed = []
    namespace.update(names, print=lambda *words, **options: printed.append(" ".join(map(str, words))))
    before = dict(namespace)
    try:
        execute(step["source"], namespace)
    except BaseException as error:
        return "❌", f"код остановился: {described(error)}", "", ""
    kept = results.get(name) or ("", "", "", None, 0.0, "")
    said = next((line for line in printed if line.startswith(f"{kept[0]} {name}: ")), "")
    mark, _, hint = said.partition(f" {name}: ")
    changed = world.restore() + [tool for tool in before if namespace.get(tool) is not before[tool] and tool != "_"]
    if changed:
        return "❌", f"во время проверки ответ подменил {changed[0]}", "", ""
    if mark not in ("✅", "⏳", "❌") or not kit_works(namespace):
        return "❌", "во время проверки ответ вмешался в её работу", "", ""
    return mark, "" if mark == "✅" else shown(hint), shown(kept[5]), shown(kept[2])


def private(module):
    """A copy of a module: what is replaced in the module while a check runs is not seen by the check."""
    copy = types.ModuleType(module.__name__)
    vars(copy).update(vars(module))
    return copy


def kit_works(namespace):
    """False if the kit no longer tells a right number from a wrong one."""
    for wrong, right in ((2.0, 1.0), ([1.0, 3.0], [1.0, 2.0])):
        try:
            namespace["same"](wrong, right, "")
        except AssertionError:
            continue
        return False
    return True


def execute(source, namespace):
    name = f"<cell {next(NUMBERS)}>"
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    exec(compile(source, name, "exec"), namespace)


def imported(sources):
    """The modules that these sources and this file import, with the classes whose methods are called."""
    names = {"numpy"}
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
    modules = [importlib.import_module(name) for name in sorted(names)]
    modules += [builtins, ast, importlib, json, json.encoder, json.JSONEncoder, os, re, sys, types]
    modules += [module for name, module in list(sys.modules.items()) if name.startswith("numpy.")]
    if "torch" in names:
        torch = sys.modules["torch"]
        modules += [torch.Tensor, torch.nn.Module, torch.nn.functional, torch.functional, torch.linalg]
        modules += [torch.overrides.TorchFunctionMode]
    return modules


def refuse_tricks(source):
    """Raises RuntimeError if the code reaches for the stack or the interpreter: no exercise needs that."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        names = {getattr(node, "attr", ""), getattr(node, "module", "")}
        if isinstance(node, ast.alias):
            names |= set(node.name.split("."))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
        if found := FORBIDDEN_NAMES & names:
            raise RuntimeError(f"{found.pop()} не нужно ни в одном упражнении")


def end_with_parent(parent):
    """Nobody waits for a verdict any more if the process that asked for it is gone."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def forbid():
    """From now on nothing in this process starts others, or threads, which a check could not watch."""

    def refuse(*arguments, **options):
        raise PermissionError("потоки при проверке запрещены")

    threading._start_new_thread = threading._start_joinable_thread = refuse
    matches, frame = FORBIDDEN_EVENTS.match, sys._getframe

    def hook(event, arguments):
        if event == "object.__getattr__" and arguments[1] in ("tb_frame", "gi_frame"):
            if frame(1).f_code.co_filename.startswith("<cell"):
                raise PermissionError(f"{arguments[1]} при проверке запрещено")
        elif matches(event):
            raise PermissionError(f"{event} при проверке запрещено")

    sys.addaudithook(hook)


def limit(memory):
    """Limit the memory and the files of this process, where the system can (it cannot on Windows)."""
    try:
        import resource
    except ImportError:
        return
    for kind, size in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_FSIZE, LARGEST_FILE)):
        hard = resource.getrlimit(kind)[1]
        size = size if hard == resource.RLIM_INFINITY else min(size, hard)
        resource.setrlimit(kind, (size, size))


def described(error):
    return shown(re.sub(r"<cell \d+>, line (\d+)", r"строка \1", f"{type(error).__name__}: {error}"))


def shown(text):
    """The text on one line, of bounded length, without addresses, which differ from run to run."""
    text = text[: 10 * LONGEST_HINT].replace(os.getcwd(), ".")
    text = re.sub(r"0x[0-9a-f]{6,}", "0x…", " ".join(text.split()))
    text = "".join(letter for letter in text if letter.isprintable())
    return text if len(text) <= LONGEST_HINT else text[: LONGEST_HINT - 1] + "…"


if __name__ == "__main__":
    main()
