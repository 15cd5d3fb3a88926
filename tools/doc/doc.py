#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""doc.py html DIR: Documentation/*.rst as HTML in DIR, with its pictures and manual pages.
doc.py check: links that lead nowhere, one per line; exit status 1 if there is one.

A file that the text names, `using.rst`, becomes a link, and so does a part of one,
*Secure Boot* in using.rst.  Needs docutils; groff makes the manual pages, if it is there.
"""
import os
import re
import shutil
import subprocess
import sys
from docutils import nodes
from docutils.core import publish_doctree, publish_from_doctree

ROOT = os.path.realpath(os.environ.get("CHECK_TREE", os.path.join(os.path.dirname(__file__), "../..")))
DOC = os.path.join(ROOT, "Documentation")
NAME = re.compile(r"(?<![\w/-])([a-z0-9-]+\.rst)\b")
MANUAL = re.compile(r"\bmyvhost\(([48])\)")
STYLE = """
body { max-width: 50em; margin: 2em auto; padding: 0 1em; font: 16px/1.5 sans-serif; color: #222 }
pre, code, tt { font-family: monospace; background: #f4f4f4 }
pre { padding: .6em 1em; overflow-x: auto }
table { border-collapse: collapse; margin: 1em 0 }
td, th { border: 1px solid #ccc; padding: .2em .6em; text-align: left; vertical-align: top }
img { max-width: 100% }
a { color: #0050a0 }
"""


def read(name):
    """The tree of a document."""
    with open(os.path.join(DOC, name), encoding="utf-8") as f:
        return publish_doctree(f.read(), source_path=os.path.join(DOC, name), settings_overrides={
            "report_level": 2, "halt_level": 5, "input_encoding": "unicode"})


def words(text):
    return " ".join(text.split())


def sections(tree):
    """Title of each section: its anchor.  Terms of definition lists count too, and the
    emphasised beginnings of paragraphs, *Orphans.*"""
    found = {words(s.next_node(nodes.title).astext()): s["ids"][0] for s in tree.findall(nodes.section)}
    if tree.get("ids") and tree.get("title"):
        found.setdefault(words(tree["title"]), tree["ids"][0])
    for item in tree.findall(nodes.definition_list_item):
        term = words(item.next_node(nodes.term).astext())
        if not item["ids"]:
            item["ids"].append("term-" + nodes.make_id(term))
        found.setdefault(term, item["ids"][0])
    for p in tree.findall(nodes.paragraph):
        if isinstance(p[0], nodes.emphasis) and p[0].astext().endswith("."):
            p["ids"] = p["ids"] or [nodes.make_id(p[0].astext())]
            found.setdefault(words(p[0].astext()[:-1]), p["ids"][0])
    return found


def page(name):
    return re.sub(r"\.rst$", ".html", name)


class Book:
    def __init__(self):
        self.names = sorted(f for f in os.listdir(DOC) if f.endswith(".rst"))
        self.trees = {n: read(n) for n in self.names}
        self.sections = {n: sections(t) for n, t in self.trees.items()}
        self.wrong = []
        for name in self.names:
            self.link_names(name)
            self.link_references(name)

    def object_to(self, name, what):
        self.wrong.append(f"Documentation/{name}: {what}")

    def part_before(self, text, target):
        """The anchor for "*Part* in" before the name of a file; None if there is no such."""
        parent = text.parent
        index = parent.index(text)
        before = parent[index - 1] if index else None
        if not isinstance(before, nodes.emphasis) or not re.match(r"\s+in\s+" + re.escape(target), text):
            return ""
        return self.sections[target].get(words(before.astext()))

    def link_text(self, name, text):
        out, end = [], 0
        for m in sorted([*NAME.finditer(text), *MANUAL.finditer(text)], key=lambda m: m.start()):
            target = m.group(1)
            if target.endswith(".rst"):
                if target not in self.trees:
                    self.object_to(name, f"no document {target}")
                    continue
                part = self.part_before(text, target) if not out else ""
                if part is None:
                    self.object_to(name, f"no part of {target} is called {text.parent[text.parent.index(text) - 1].astext()}")
                uri = page(target) + (f"#{part}" if part else "")
            else:
                uri = f"man/myvhost.{target}.txt"
            out += [nodes.Text(text[end:m.start()]), nodes.reference("", m.group(0), refuri=uri)]
            end = m.end()
        if out:
            text.parent.replace(text, [*out, nodes.Text(text[end:])])

    def link_names(self, name):
        for text in list(self.trees[name].findall(nodes.Text)):
            p = text.parent
            while p is not None and not isinstance(p, (nodes.literal, nodes.literal_block, nodes.reference, nodes.title, nodes.comment)):
                p = p.parent
            if p is None:
                self.link_text(name, text)

    def link_references(self, name):
        for ref in self.trees[name].findall(nodes.reference):
            uri = ref.get("refuri", "")
            if not uri or re.match(r"[a-z]+:", uri):
                continue
            path, _, part = uri.partition("#")
            source = re.sub(r"\.html$", ".rst", path)
            manual = re.sub(r"\.txt$", "", path)
            if not any(os.path.exists(os.path.join(DOC, p)) for p in (source, manual)):
                self.object_to(name, f"no file {path}")
            elif path.endswith(".rst"):
                ref["refuri"] = page(path) + (f"#{part}" if part else "")
        for image in self.trees[name].findall(nodes.image):
            if not os.path.exists(os.path.join(DOC, image["uri"])):
                self.object_to(name, f"no picture {image['uri']}")

    def write(self, out):
        os.makedirs(os.path.join(out, "man"), exist_ok=True)
        for name in self.names:
            html = publish_from_doctree(self.trees[name], writer_name="html5", settings_overrides={
                "stylesheet_path": None, "embed_stylesheet": False, "output_encoding": "unicode"})
            if name != "index.rst":
                html = html.replace("<body>", '<body>\n<p><a href="index.html">myvhost</a></p>', 1)
            html = html.replace("</head>", f"<style>{STYLE}</style>\n</head>", 1)
            with open(os.path.join(out, page(name)), "w", encoding="utf-8") as f:
                f.write(html)
        for f in os.listdir(DOC):
            if f.endswith(".svg"):
                shutil.copy(os.path.join(DOC, f), out)
        for section in "48":
            source = os.path.join(DOC, "man", f"myvhost.{section}")
            with open(os.path.join(out, "man", f"myvhost.{section}.txt"), "wb") as f:
                if shutil.which("groff"):
                    f.write(subprocess.run(["groff", "-mandoc", "-Tutf8", "-P-cbou", source], check=True, stdout=subprocess.PIPE).stdout)
                else:
                    f.write(open(source, "rb").read())


def markdown():
    """Links of *.md to files, and files below known folders that they name in backquotes."""
    wrong = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if not f.startswith(".") and f != "obj"]
        for f in files:
            if not f.endswith(".md"):
                continue
            path = os.path.join(folder, f)
            text = open(path, encoding="utf-8").read()
            targets = [(m, folder) for m in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)]
            targets += [(m, ROOT) for m in re.findall(r"`((?:Documentation|drivers|include|selftests|tools)/[\w./-]*)`", text)
                    if not re.search(r"\b[A-Z]+\b", m) or m.endswith(".md")]
            wrong += [f"{os.path.relpath(path, ROOT)}: no file {t}" for t, base in targets
                      if not os.path.exists(os.path.join(base, t))]
    return wrong


def main():
    if sys.argv[1:] == ["check"]:
        wrong = Book().wrong + markdown()
        print("".join(w + "\n" for w in wrong), end="")
        return bool(wrong)
    if len(sys.argv) == 3 and sys.argv[1] == "html":
        Book().write(sys.argv[2])
        print(os.path.join(sys.argv[2], "index.html"))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


sys.exit(main())
