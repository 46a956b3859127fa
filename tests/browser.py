"""The course where learners use it: JupyterLab in Chromium, started by ``make lab``.

Run by ``make test-browser``; pytest does not collect this file by itself. The course is a copy, which the tests change.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pexpect
import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from praktikum.render import exercises_of

from .conftest import read_course
from .helpers import copy_of_the_course
from .learners import cell, load, source

SECTIONS = [section.name for section in read_course()]
WAIT = 60_000  # milliseconds for what takes long on a small machine
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")  # the system's; else the one that Playwright has fetched

MAKE = ("make", "-o", ".venv/installed")  # the environment is there: nothing must be installed into it
WORKSPACES = map("test-{}".format, count())
FIRST = next(section for section in read_course() if section.name == "01_autograd")
NAMES = {exercise.name: f"{exercise.number}. {exercise.title}" for exercise in exercises_of(FIRST)}
EXERCISES = list(NAMES.values())
RELU = """def relu(x):
    return Value(max(0.0, x.data), (x,), (1.0 if x.data {sign} 0 else 0.0,), "relu")


Value.relu = relu"""
FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$]+?\$", re.DOTALL)

UNREADABLE = """(root) => {
    // Texts of ``root``, but for code, whose contrast with what is behind them is less than 4.5, or that are cut off.
    const numbers = (colour) => {
        const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
        return colour.startsWith('color(srgb') ? [255 * r, 255 * g, 255 * b, a] : [r, g, b, a];
    };
    const luminance = (colour) => {
        const linear = (c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        const [r, g, b] = colour.map((c) => linear(c / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const background = (element) => {
        for (; element; element = element.parentElement) {
            const colour = numbers(getComputedStyle(element).backgroundColor);
            if (colour[3] > 0.5) return colour;
        }
        return [255, 255, 255, 1];
    };
    const edge = root.getBoundingClientRect().right;
    const found = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const text = walker.currentNode.textContent.trim();
        const box = element.getBoundingClientRect();
        if (!text || !box.width || element.closest('mjx-assistive-mml, .cm-editor, .jp-RenderedMarkdown pre')) continue;
        const [one, other] = [numbers(getComputedStyle(element).color), background(element)].map(luminance);
        const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        if (contrast < 4.5) found.push(`contrast ${contrast.toFixed(1)}: ${text.slice(0, 60)}`);
        const prose = element.closest('.jp-RenderedMarkdown') && !element.closest('pre, mjx-container');
        if (prose && box.right > edge + 1) found.push(`cut off: ${text.slice(0, 60)}`);
    }
    return found;
}"""
RAW = """(root) => {
    // What was meant for a renderer and is still there as text, outside of code.
    return [...root.querySelectorAll('.jp-RenderedMarkdown')].flatMap((text) => {
        const copy = text.cloneNode(true);
        copy.querySelectorAll('code, pre, mjx-container').forEach((element) => element.remove());
        return copy.textContent.match(/.{0,30}(?:\\$|<\\/?(?:details|summary)|\\]\\(|\\*\\*).{0,30}/g) || [];
    });
}"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_the_course(tmp_path_factory.mktemp("browser") / "course")


@pytest.fixture(scope="module")
def address(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where ``make lab`` says that the course is open; afterwards Ctrl+C ends it, without a word of complaint."""
    environment = {**os.environ, "HOME": str(tmp_path_factory.mktemp("home")), "BROWSER": "true"}
    terminal = pexpect.spawn("make", [*MAKE[1:], "lab"], cwd=str(course), env=environment, encoding="utf-8", timeout=60)
    terminal.logfile_read = io.StringIO()
    terminal.expect(r"Практикум открыт: (http://\S+)\s")
    yield terminal.match[1]
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    printed = terminal.logfile_read.getvalue()
    assert not re.search(r"Traceback|Error|\[[IWEC] ", printed), printed


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with sync_playwright() as playwright:
        if not path and not Path(playwright.chromium.executable_path).exists():
            pytest.fail("no Chromium: apt install chromium, or .venv/bin/python -m playwright install chromium", False)
        yield playwright.chromium.launch(executable_path=path, args=["--disable-gpu"])


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which an error in the console, or an address that is not there, fails the test."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(WAIT)
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "response",
        lambda response: wrong.append(f"{response.status} {response.url}") if response.status >= 400 else None,
    )
    yield page
    page.close()
    assert wrong == []


def texts(course: Path, section: str) -> list[str]:
    cells = load(course / "notebooks" / f"{section}.ipynb")["cells"]
    return [source(cell) for cell in cells if cell["cell_type"] == "markdown"]


def open_notebook(page: Page, address: str, course: Path, section: str) -> Locator:
    """Open a notebook in a workspace where nothing else is open."""
    workspace = address.replace("/lab/tree", f"/lab/workspaces/{next(WORKSPACES)}/tree")
    page.goto(workspace.replace("00_start", section))
    return rendered(page, course, section)


def rendered(page: Page, course: Path, section: str) -> Locator:
    """The notebook that is in front, as soon as all of its texts are rendered and its kernel is there."""
    notebook = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook")
    done = notebook.locator(".jp-RenderedMarkdown > :first-child")
    expect(done).to_have_count(len(texts(course, section)), timeout=WAIT)
    page.get_by_text("| Idle").first.wait_for()
    return notebook


def test_make_lab_opens_the_first_notebook(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("heading", name="Раздел 0. Как пользоваться практикумом").wait_for()
    page.get_by_text("| Idle").first.wait_for()
    assert page.locator(".Toastify__toast").count() == 0


def test_a_walk_through_the_course(page: Page, address: str, course: Path) -> None:
    """From section to section by the links of the headers; everything is painted, and every link leads somewhere."""
    open_notebook(page, address, course, SECTIONS[0])
    for section, following in zip(SECTIONS, [*SECTIONS[1:], ""], strict=True):
        notebook = rendered(page, course, section)
        formulas = sum(len(FORMULA.findall(re.sub(r"`[^`]*`", "", text))) for text in texts(course, section))
        expect(notebook.locator("mjx-container")).to_have_count(formulas, timeout=WAIT)
        assert notebook.locator("mjx-merror").count() == 0, section
        assert notebook.evaluate(RAW) == [], section
        for link in notebook.locator(".jp-RenderedMarkdown a[href*='/files/']").all():
            target = unquote(urlsplit(link.get_attribute("href")).path.partition("/files/")[2])
            assert (course / target).is_file(), f"{section}: {target}"
        if section == "01_autograd":
            click(page, notebook, "Решённая тетрадь", "Раздел 1. Микро-autograd — с решениями")
            click(page, notebook, "←", "Раздел 0. Как пользоваться практикумом")
        if following:
            notebook.get_by_role("link", name="→").click()
            page.locator("#jp-main-dock-panel").get_by_role("tab", name=f"{following}.ipynb", selected=True).wait_for()


def click(page: Page, notebook: Locator, link: str, title: str) -> None:
    """Follow a link of a notebook, see that it opens what it names, and come back."""
    tabs = page.locator("#jp-main-dock-panel")
    here = tabs.get_by_role("tab", selected=True).inner_text()
    notebook.get_by_role("link", name=link).click()
    page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)").get_by_role("heading", name=title, exact=True).wait_for()
    page.get_by_text("| Idle").first.wait_for()
    tabs.get_by_role("tab", name=here, exact=True).first.click()


def test_contents_show_titles_and_folded_cells_and_hints_open(page: Page, address: str, course: Path) -> None:
    notebook = open_notebook(page, address, course, "01_autograd")
    contents = open_contents(page)
    titles = contents.locator(".jp-tocItem-content").all_inner_texts()
    assert [title for title in titles if title.startswith("1.")] == EXERCISES
    folded = notebook.locator(".jp-CodeCell .jp-InputPlaceholder").all_text_contents()
    assert [text for text in folded if "Проверка" in text] == [
        f"# @title Проверка {title.split()[0].rstrip('.')}: {name}" for name, title in NAMES.items()
    ]
    contents.get_by_text("1.5. Число слева").first.click()
    heading = notebook.get_by_role("heading", name="1.5. Число слева")
    assert heading.bounding_box()["y"] < 900
    hint = notebook.locator("details", has_text="Подсказка 1").first
    text = hint.locator("p").first
    assert not text.is_visible()
    hint.locator("summary").click()
    assert text.is_visible()


def test_a_learner_answers(page: Page, address: str, course: Path) -> None:
    readme = (course / "README.md").read_text(encoding="utf-8")
    notebook = open_notebook(page, address, course, "01_autograd")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    score = notebook.locator(".jp-CodeCell").last.locator(".jp-OutputArea-output")
    score.get_by_text("Решено 0 из 15").wait_for()
    assert score.inner_text().splitlines()[1:] == [
        *(f"⏳ {title}" for title in EXERCISES),
        f"Дальше: {EXERCISES[0]} (щёлкните это название в оглавлении слева)",
    ]
    assert notebook.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0

    wrong = answer(page, notebook, "relu", RELU.format(sign=">="))
    assert wrong.startswith("❌ relu: В нуле производная 0") and f"- `{wrong}`\n" in readme
    assert answer(page, notebook, "relu", RELU.format(sign=">")) == "✅ relu: верно"
    unreadable = answer(page, notebook, "relu", RELU.format(sign="> ("))
    assert unreadable.startswith("❌ relu: ячейку с ответом Python не прочитал") and "строка 3" in unreadable
    assert answer(page, notebook, "relu", RELU.format(sign=">")) == "✅ relu: верно"
    save(page, course / "notebooks" / "01_autograd.ipynb", RELU.format(sign=">"))
    assert said(course, *MAKE, "progress").splitlines()[1].endswith("1 из 15  ⏳⏳⏳⏳⏳⏳✅⏳⏳⏳⏳⏳⏳⏳⏳")

    section = course / "notebooks_src" / "01_autograd.md"
    section.write_text(section.read_text(encoding="utf-8") + "\nНовый абзац.\n", encoding="utf-8")
    assert "your answers and cells were carried over" in said(course, *MAKE, "notebooks")
    notebook = load(course / "notebooks" / "01_autograd.ipynb")
    assert RELU.format(sign=">") in source(cell(notebook, "exercise-relu"))
    assert "Новый абзац." in "".join(map(source, notebook["cells"]))
    assert "1 из 15" in said(course, *MAKE, "progress")


def open_contents(page: Page) -> Locator:
    page.get_by_role("tab", name=re.compile("Table of Contents")).first.click()
    contents = page.locator(".jp-TableOfContents:visible").first
    contents.locator(".jp-tocItem-content").first.wait_for()
    return contents


def answer(page: Page, notebook: Locator, exercise: str, code: str) -> str:
    """Type an answer over what stands in the cell of the exercise, run it and its check; what the check says."""
    line = f"# Упражнение {NAMES[exercise].split()[0].rstrip('.')}: {exercise}"
    typed = notebook.locator(".jp-CodeCell", has_text=line)
    typed.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(f"{line}\n{code}")
    page.keyboard.press("Shift+Enter")
    check = notebook.locator(".jp-CodeCell", has_text=f"# @title Проверка {line.removeprefix('# Упражнение ')}")
    said = check.locator(".jp-OutputArea-output")
    before = said.text_content()
    page.keyboard.press("Shift+Enter")
    expect(said).not_to_have_text(before, timeout=WAIT)
    return said.inner_text().strip()


def save(page: Page, path: Path, code: str) -> None:
    """Save the notebook that is in front, and wait until its file is whole again and holds ``code``."""
    page.keyboard.press("Control+S")
    for _ in range(WAIT // 100):
        page.wait_for_timeout(100)
        with contextlib.suppress(json.JSONDecodeError):
            if any(code in source(cell) for cell in load(path)["cells"]):
                return
    pytest.fail(f"{path.name} was not saved")


def said(course: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_everything_can_be_read(page: Page, address: str, course: Path, theme: str, tmp_path: Path) -> None:
    """In each theme, wide and 400 pixels narrow; with pytest's --basetemp=DIR the pictures can be looked at."""
    server, token = address.split("/lab")[0], re.search(r"token=(\w+)", address)[1]
    chosen = page.request.put(
        f"{server}/lab/api/settings/@jupyterlab/apputils-extension:themes",
        data={"raw": json.dumps({"theme": theme})},
        headers={"Authorization": f"token {token}"},
    )
    assert chosen.ok
    notebook = open_notebook(page, address, course, "02_mlp")
    page.keyboard.press("Control+B")  # without the list of files
    for width in (1400, 400):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        page.screenshot(path=tmp_path / f"{width}.png")
        assert notebook.evaluate(UNREADABLE) == [], width
