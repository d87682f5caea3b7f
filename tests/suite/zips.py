"""Zip archives for tests/archives.py: broken, hostile and odd ones, in the working directory."""
import stat
import struct
import warnings
import zipfile

GOOD = b"pin2 lead(0) index=0 CommitSize=1p\n"


def archive(name, *files):
    """NAME.zip of (name, content) or (ZipInfo, content)."""
    with zipfile.ZipFile(name + ".zip", "w") as made:
        for inner, content in files:
            made.writestr(inner, content, zipfile.ZIP_DEFLATED)


def patch(name, *edits):
    """Changes of NAME.zip: (which header, offset in it, format, what becomes of the value there)."""
    with open(name + ".zip", "r+b") as file:
        data = bytearray(file.read())
        for signature, offset, form, change in edits:
            at = data.index(signature) + offset
            struct.pack_into(form, data, at, change(struct.unpack_from(form, data, at)[0]))
        file.seek(0)
        file.write(data)


def listed(name, count, size):
    """NAME.zip, whose directory has that many files of that size, as it says; there are none."""
    entries = b"".join(struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, size, 6, 0, 0, 0, 0, 0, 0) +
                       b"%06d" % i for i in range(count))
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(entries), 0)
    end = struct.pack("<4sIQI", b"PK\6\7", 0, len(entries), 1)
    end += struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xffff, 0xffff, 0xffffffff, 0xffffffff, 0)
    with open(name + ".zip", "wb") as file:
        file.write(entries + end64 + end)


def make():
    local, central = b"PK\3\4", b"PK\1\2"

    # Names: out of the archive, not to be shown, from Windows, hidden ones of a Mac's, no programs.
    archive("names", ("../up.txt", GOOD), ("/root.txt", GOOD), ("a/../../b.txt", GOOD), ("c\u0085\n.txt", GOOD),
            ("dir\\win.txt", GOOD), ("__MACOSX/._good.txt", b"\0\5\x16\7"), (".DS_Store", b"\0\0\0\1"),
            ("README.md", b"# Seeds\n"), ("old/verdict", b"PIN-COUNT\n"), ("good.txt", GOOD),
            ("g\u00fct/a b.txt", GOOD))
    archive("order", ("b.txt", GOOD), ("a.txt", GOOD), ("a/z.txt", GOOD), ("a-b.txt", GOOD))
    warnings.simplefilter("ignore")
    with zipfile.ZipFile("twice.zip", "w") as made:
        for content in GOOD, b"pin2\n", b"pin2\n":
            made.writestr("a.txt", content)
    link = zipfile.ZipInfo("link")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive("link", (link, b"good.txt"), ("good.txt", GOOD))

    # Sizes: a file of 16 MiB, one of 4 GiB as it says, many that add up as they say, more files than there may
    # be, and a small file that says less, or more, than it holds.
    archive("bomb", ("big", b"\0" * (16 << 20)), ("good.txt", GOOD))
    archive("giant", ("big", GOOD), ("good.txt", GOOD))
    patch("giant", (central, 24, "<I", lambda size: 0xfffffffe))
    listed("sum", 129, 4 << 20)
    listed("many", (1 << 18) + 1, 0)
    for name, change in ("less", lambda size: size - 5), ("more", lambda size: size + 5):
        archive(name, ("bad.txt", GOOD * 20), ("good.txt", GOOD))
        patch(name, (local, 22, "<I", change), (central, 24, "<I", change))
    archive("checksum", ("bad.txt", GOOD * 20), ("good.txt", GOOD))
    patch("checksum", (local, 14, "<I", lambda crc: crc ^ 1), (central, 16, "<I", lambda crc: crc ^ 1))
    archive("method", ("bad.txt", GOOD), ("good.txt", GOOD))
    patch("method", (local, 8, "<H", lambda _: 97), (central, 10, "<H", lambda _: 97))
    archive("locked", ("bad.txt", GOOD), ("good.txt", GOOD))
    patch("locked", (local, 6, "<H", lambda flags: flags | 1), (central, 8, "<H", lambda flags: flags | 1))

    # Cut off, and what is no archive at all.
    with open("names.zip", "rb") as file:
        whole = file.read()
    for name, content in (("head", whole[:100]), ("tail", whole[len(whole) // 2:]), ("end", whole[:-1]),
                          ("text", GOOD), ("zero", b"")):
        with open(name + ".zip", "wb") as file:
            file.write(content)
    archive("nested", ("inner.zip", whole), ("good.txt", GOOD))
    archive("empty")
