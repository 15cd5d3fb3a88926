#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""choose-kernel.py [--bad FILE] SERIES < LISTS: the newest release of a kernel series
for which the mirror has every package the lab needs.

LISTS is the output of "apt-cache madison", FILE has "RELEASE VERSION REASON" lines of
releases that were tried and do not work. Standard output is one line, "RELEASE VERSION
PACKAGE=VERSION...". Standard error has a line for each newer release that was passed
over and one for each package that stands in for another.

Exit status: 0 a release was chosen, 1 the lists are empty, 3 the mirror has no release
of the series that can be used.
"""
import argparse
import re
import sys

ARCH = "amd64"
EMPTY, NONE = 1, 3


def say(text):
    print(text, file=sys.stderr)


def version_key(version):
    """Sort key for Debian's order of versions, for those without an epoch."""
    def rank(char):
        return -1 if char == "~" else ord(char) + (0 if char.isalpha() else 256)

    # text and numbers in turn; the end of a text ranks between "~" and all others
    parts = re.split(r"(\d+)", version)
    return [int(p) if i % 2 else [rank(c) for c in p] + [0] for i, p in enumerate(parts)]


def read_lists(stream):
    """{package: {version, ...}} of the binary packages"""
    packages = {}
    for line in stream:
        fields = [f.strip() for f in line.split("|")]
        if len(fields) == 3 and fields[2].endswith(" Packages"):
            packages.setdefault(fields[0], set()).add(fields[1])
    return packages


def releases(packages, series):
    """(abi, version) of all headers of a series, the newest first. Headers with
    another suffix than Debian 13's are of another Debian's compiler."""
    pattern = r"linux-headers-(%s\.\d+(?:-\d+|\+deb13(?:\.\d+)?))-%s" % (re.escape(series), ARCH)
    found = [(m[1], v) for name in packages if (m := re.fullmatch(pattern, name))
             for v in packages[name]]
    return sorted(found, key=lambda r: (version_key(r[1]), version_key(r[0])), reverse=True)


def other_series(packages):
    found = {m[1] for name in packages if (m := re.match(r"linux-headers-(\d+\.\d+)\.\d", name))}
    return sorted(found, key=version_key)


def image_names(packages, abi):
    """Alternatives for the image, the best first. From 7.x on the image package is an
    empty one, which depends on binary, modules and base."""
    if "linux-modules-%s-%s" % (abi, ARCH) in packages:
        rest = ["linux-modules-%s-%s" % (abi, ARCH), "linux-base-%s-%s" % (abi, ARCH)]
        return [["linux-binary-%s-%s" % (abi, ARCH)] + rest,
                ["linux-binary-unsigned-%s-%s" % (abi, ARCH)] + rest]
    return [["linux-image-%s-%s" % (abi, ARCH)], ["linux-image-%s-%s-unsigned" % (abi, ARCH)]]


def exact(packages, names, version):
    """NAME=VERSION of all names, or None, and the first that is missing"""
    for name in names:
        if version not in packages.get(name, ()):
            return None, "%s=%s" % (name, version)
    return ["%s=%s" % (name, version) for name in names], None


def kbuild(packages, series, abi, version):
    """The build tools: those of the release, else the newest of the series."""
    for name in "linux-kbuild-" + abi, "linux-kbuild-" + series:
        if version in packages.get(name, ()):
            return "%s=%s" % (name, version)
    name = "linux-kbuild-" + series
    if name in packages:
        return "%s=%s" % (name, max(packages[name], key=version_key))
    return None


def resolve(packages, series, abi, version):
    """(packages, remarks) of a release; packages is None if it is incomplete, and the
    remark says what is missing."""
    remarks = []
    headers, missing = exact(packages, ["linux-headers-%s-%s" % (abi, ARCH),
                                        "linux-headers-%s-common" % abi], version)
    if not headers:
        return None, ["no " + missing]
    for i, names in enumerate(image_names(packages, abi)):
        image, lacking = exact(packages, names, version)
        if i == 0:
            missing = lacking
        if image:
            break
    if not image:
        return None, ["no " + missing]
    if missing:
        remarks.append("no %s, %s instead" % (missing, image[0]))
    tools = kbuild(packages, series, abi, version)
    if not tools:
        return None, ["no linux-kbuild-%s and no linux-kbuild-%s" % (abi, series)]
    if not tools.endswith("=" + version):
        remarks.append("no linux-kbuild-%s=%s, %s instead" % (series, version, tools))
    return headers + image + [tools], remarks


def read_bad(path):
    """{(release, version): reason}"""
    if not path:
        return {}
    with open(path, encoding="utf-8") as f:
        lines = [line.split(None, 2) for line in f if line.strip()]
    return {(b[0], b[1]): b[2].strip() for b in lines}


def choose(packages, series, bad):
    found = releases(packages, series)
    for abi, version in found:
        release = "%s-%s" % (abi, ARCH)
        if (release, version) in bad:
            say("%s (%s) is passed over: %s" % (release, version, bad[release, version]))
            continue
        chosen, remarks = resolve(packages, series, abi, version)
        if chosen:
            for remark in remarks:
                say("%s (%s): %s" % (release, version, remark))
            print(release, version, *chosen)
            return 0
        say("%s (%s) is passed over: %s" % (release, version, remarks[0]))
    if found:
        say("the mirror has kernels %s, but none that can be used" % series)
    else:
        say("the mirror has no kernel %s; it has %s" %
            (series, ", ".join(other_series(packages)) or "none at all"))
    return NONE


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bad")
    parser.add_argument("series")
    args = parser.parse_args()
    packages = read_lists(sys.stdin)
    if not packages:
        say("the package lists are empty")
        return EMPTY
    return choose(packages, args.series, read_bad(args.bad))


sys.exit(main())
