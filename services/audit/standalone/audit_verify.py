#!/usr/bin/env python3
"""Checks an exported audit log with nothing but Python (3.8 or newer) and this file.

    python3 audit_verify.py FOLDER --key VKEY [--witness-key VKEY ...] [--policy FILE] [--since CHECKPOINT ...]
    python3 audit_verify.py EXPORT.zip --key VKEY --receipts-key VKEY ...

FOLDER is a C2SP tlog-tiles tree: checkpoint, checkpoint.SIZE, tile/... EXPORT.zip is a redacted range of entries. VKEY is a verifier
key from PAPER (C2SP signed-note), never one that came with the log; so is this file. Prints PASS or FAIL with reasons; exit status 0
or 1, and 2 when it was called wrongly.

It shares no code with the suite that writes the log. What it checks:
 1  the head is signed by the log's key and names it as origin; every witness asked for has cosigned it
 2  every bundle of entries is there, whole, and of the right length
 3  every hash tile holds what lies below it
 4  the root over the entries is the one that was signed
 5  every entry is canonical, no id comes twice, time never goes back, an outcome answers an earlier intent
 6  every older head is signed and is a prefix of this log
of an export:
 7  its manifest names the digests of its files, and is signed by the log's key for receipts, if that is given
 8  its entries are the whole range, in order, under the signed head
 9  what is disclosed, with the hashes of what is not, is what each entry committed to
"""

import base64
import hashlib
import json
import os
import re
import struct
import sys
import zipfile
import zlib
from datetime import datetime, timedelta

WIDTH = 256
MAX_NOTE = 1000000
MAX_BUNDLE = WIDTH * 65537
MAX_EXPORT_FILE = 1 << 28
MAX_SIGNATURES = 100
MAX_OLDER = 100000

# ---- Ed25519 (RFC 8032), verification only, strict: S below the order, points in their one encoding ----

P = 2 ** 255 - 19
L = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - x2) % P:
        return None
    return P - x if x & 1 != sign else x


def decode_point(data):
    number = int.from_bytes(data, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    if y >= P:
        return None
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def add(a, b):
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    i, j, k, m = f - e, h - g, h + g, f + e
    return (i * j % P, k * m % P, j * k % P, i * m % P)


def multiply(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = add(result, point)
        point = add(point, point)
        number >>= 1
    return result


def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


def is_signed(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r = decode_point(public), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    return same(multiply(s, BASE), add(r, multiply(k, a)))


# ---- signed notes, keys, checkpoints ----


class Bad(Exception):
    """Something that was read is not what it must be."""


def unbase64(text):
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise Bad("not base64: %.40r" % text)
    if base64.b64encode(data).decode() != text:
        raise Bad("not canonical base64: %.40r" % text)
    return data


class Key:
    def __init__(self, text, kind=b"\x01"):
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            raise Bad("no verifier key: %.60r" % text)
        self.name, identity, typed = parts[0], parts[1], unbase64(parts[2])
        self.kind, self.public = typed[:1], typed[1:]
        self.identity = hashlib.sha256(self.name.encode() + b"\n" + typed).digest()[:4]
        if len(self.public) != 32 or self.identity.hex() != identity:
            raise Bad("the verifier key is damaged: %.60r" % text)
        if self.kind != kind:
            raise Bad("a witness has a key of kind 4, a log one of kind 1; this is neither or the other: %.60r" % text)

    def signed(self, text, data):
        message = text.encode()
        if self.kind == b"\x04":
            if len(data) != 72:
                return False
            head = "cosignature/v1\ntime %d\n" % int.from_bytes(data[:8], "big")
            return is_signed(self.public, head.encode() + message, data[8:])
        return is_signed(self.public, message, data)


def split_note(note):
    if len(note) > MAX_NOTE or any(ord(c) < 32 and c != "\n" for c in note):
        raise Bad("the note is too long or holds control characters")
    body, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise Bad("the note has no signatures")
    lines = []
    if tail.count("\n") > MAX_SIGNATURES:
        raise Bad("the note has too many signatures")
    for line in tail[:-1].split("\n"):
        match = re.match("^\u2014 ([^ +]+) ([^ ]+)$", line)
        data = unbase64(match.group(2)) if match else b""
        if len(data) < 5:
            raise Bad("a signature line is damaged")
        lines.append((match.group(1), data[:4], data[4:]))
    return body + "\n", lines


def signers(note, keys):
    """Names of those of the keys that signed. A line of one of them that does not verify is an error."""
    text, lines = split_note(note)
    found = set()
    for key in keys:
        for name, identity, data in lines:
            if (name, identity) == (key.name, key.identity):
                if not key.signed(text, data):
                    raise Bad("the signature of %s does not hold" % name)
                found.add(key)
    return found


def checkpoint(note):
    text, _ = split_note(note)
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not re.match("^(0|[1-9][0-9]{0,18})$", lines[1]) or len(unbase64(lines[2])) != 32:
        raise Bad("the note is no checkpoint")
    return lines[0], int(lines[1]), unbase64(lines[2])


# ---- trust ----


class Trust:
    """Keys of the log, keys of witnesses by name, and a test whether enough witnesses have cosigned."""

    def __init__(self, log, witnesses, groups, quorum):
        self.log, self.witnesses, self.groups, self.quorum = log, witnesses, groups, quorum

    def met(self, name, cosigners):
        if name == "none":
            return True
        if name in self.witnesses:
            return name in cosigners
        least, members = self.groups[name]
        return sum(self.met(member, cosigners) for member in members) >= least


def read_policy(text):
    log, witnesses, groups, quorum = [], {}, {}, None
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "log" and len(words) in (2, 3):
            log.append(Key(words[1]))
        elif words[0] in ("witness", "group") and (words[1:2] == ["none"] or words[1] in witnesses or words[1] in groups):
            raise Bad("the policy gives a name twice, or one that stands for nobody: " + line)
        elif words[0] == "witness" and len(words) in (3, 4):
            witnesses[words[1]] = Key(words[2], b"\x04")
            if len({key.public for key in witnesses.values()}) < len(witnesses):
                raise Bad("the policy names a witness twice: " + line)
        elif words[0] == "group" and len(words) > 3:
            members = words[3:]
            least = {"any": 1, "all": len(members)}.get(words[2]) or int(words[2])
            known = all(member in witnesses or member in groups for member in members)
            if not 1 <= least <= len(members) or not known or len(set(members)) < len(members):
                raise Bad("the policy has a group that cannot be: " + line)
            groups[words[1]] = (least, members)
        elif words[0] == "quorum" and len(words) == 2 and quorum is None:
            quorum = words[1]
        else:
            raise Bad("the policy has a line that is none: " + line)
    if not log or quorum is None or (quorum != "none" and quorum not in witnesses and quorum not in groups):
        raise Bad("the policy names no log or no quorum")
    if len({key.name for key in log}) != 1:
        raise Bad("the policy names more than one log")
    return Trust(log, witnesses, groups, quorum)


# ---- the tree (RFC 6962) ----


def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(row):
    row = list(row)
    if not row:
        return hashlib.sha256(b"").digest()
    while len(row) > 1:
        up = [node(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        row = up + row[len(row) - len(row) % 2 :]
    return row[0]


class Peaks:
    """The perfect subtrees of a growing tree."""

    def __init__(self):
        self.size, self.hashes = 0, []

    def push(self, leaf):
        count = self.size
        while count & 1:
            leaf, count = node(self.hashes.pop(), leaf), count >> 1
        self.hashes.append(leaf)
        self.size += 1

    def root(self):
        if not self.hashes:
            return root_of([])
        result = self.hashes[-1]
        for peak in self.hashes[-2::-1]:
            result = node(peak, result)
        return result


def range_root(size, first, leaves, before, after):
    """The root of a tree of `size` leaves from a run of its leaf hashes and the roots of the perfect subtrees beside it."""
    nodes = {(0, first + i): leaf for i, leaf in enumerate(leaves)}
    for (height, index), value in zip(cover(0, first), before):
        nodes[height, index] = value
    for (height, index), value in zip(cover(first + len(leaves), size), after):
        nodes[height, index] = value

    def compute(start, end):
        count = end - start
        if count & (count - 1) == 0:
            height = count.bit_length() - 1
            if (height, start >> height) in nodes:
                return nodes[height, start >> height]
        if count <= 1:
            raise Bad("the proof of the range lacks a hash")
        middle = start + (1 << ((count - 1).bit_length() - 1))
        return node(compute(start, middle), compute(middle, end))

    return compute(0, size) if size else root_of([])


def cover(start, end):
    """The perfect subtrees, from the left, that make up [start, end)."""
    found = []
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        found.append((height, start >> height))
        start += 1 << height
    return found


# ---- entries ----

LEAF = re.compile(
    rb'^\{"c":"([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)","id":"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})","k":"([a-z]+)",'
    rb'"ke":"[0-9]{4}-(?:0[1-9]|1[0-2])/[a-z0-9]{1,16}","ref":"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|)",'
    rb'"sys":"([a-z0-9][a-z0-9-]{0,63})","t":(0|[1-9][0-9]{0,15}),"v":1\}\Z'
)
KINDS = {b"intent", b"outcome", b"denied", b"export", b"review", b"erasure", b"key", b"shard"}


def read_leaf(data):
    """Commitment, id, kind, ref, system, time of an entry in canonical form; None of any other."""
    match = LEAF.match(data)
    if not match or match.group(3) not in KINDS or int(match.group(6)) >= 1 << 53:
        return None
    return match.groups()


class Entries:
    """What must hold from entry to entry (5)."""

    def __init__(self, fail):
        self.fail, self.kinds, self.seen, self.last, self.index = fail, {}, {}, 0, 0

    def take(self, data):
        leaf = read_leaf(data)
        index, self.index = self.index, self.index + 1
        if leaf is None:
            self.fail("entry %d is not in canonical form" % index)
            return
        _, identity, kind, ref, system, time = leaf
        if identity in self.seen:
            self.fail("entry %d has the id of an earlier one" % index)
        if int(time) < self.last:
            self.fail("entry %d is earlier than the one before it" % index)
        if kind == b"intent" and ref:
            self.fail("entry %d is an intent and answers another entry" % index)
        if kind == b"outcome" and self.seen.get(ref) != (b"intent", system):
            self.fail("entry %d answers no earlier intent of its system" % index)
        self.seen[identity], self.last = (kind, system), int(time)
        self.kinds[kind.decode()] = self.kinds.get(kind.decode(), 0) + 1


# ---- a tree of files ----


def tile_path(level, number, width):
    groups = ["%03d" % (number % 1000)]
    while number >= 1000:
        number //= 1000
        groups.append("x%03d" % (number % 1000))
    path = "tile/%s/%s" % (level, "/".join(reversed(groups)))
    return path if width == WIDTH else "%s.p/%d" % (path, width)


class Folder:
    def __init__(self, path):
        self.path = path

    def read(self, name, limit):
        path = os.path.join(self.path, name)
        if not os.path.isfile(path):  # a pipe would wait for ever
            return None
        with open(path, "rb") as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise Bad("%s is too long" % name)
        return data

    def either(self, level, number, width, limit):
        """A partial file, or the whole one that has taken its place."""
        data, found = self.read(tile_path(level, number, width), limit), width
        if data is None and width < WIDTH:
            data, found = self.read(tile_path(level, number, WIDTH), limit), WIDTH
        if data is None:
            raise Bad("%s is missing" % tile_path(level, number, width))
        return data, found

    def tile(self, level, number, width):
        data, found = self.either(level, number, width, WIDTH * 32)
        if len(data) != 32 * found:
            raise Bad("%s does not have %d hashes" % (tile_path(level, number, found), found))
        return data[: 32 * width]

    def bundle(self, number, width):
        data, found = self.either("entries", number, width, MAX_BUNDLE)
        entries, at = [], 0
        while at < len(data):
            end = at + 2 + int.from_bytes(data[at : at + 2], "big")
            if at + 2 > len(data) or end > len(data):
                raise Bad("%s is cut off" % tile_path("entries", number, found))
            entries.append(data[at + 2 : end])
            at = end
        if len(entries) != found:
            raise Bad("%s has %d entries" % (tile_path("entries", number, found), len(entries)))
        return entries[:width]


class Tiles:
    """Compares hash tiles with what comes up from below (3)."""

    def __init__(self, folder, fail):
        self.folder, self.fail, self.rows, self.numbers = folder, fail, [], []

    def take(self, level, hashes):
        if level == len(self.rows):
            self.rows.append([])
            self.numbers.append(0)
        self.rows[level] += hashes
        if len(self.rows[level]) == WIDTH:
            self.compare(level)
            up = root_of(self.rows[level])
            self.rows[level] = []
            self.take(level + 1, [up])

    def compare(self, level):
        row, number = self.rows[level], self.numbers[level]
        self.numbers[level] += 1
        try:
            if self.folder.tile(level, number, len(row)) != b"".join(row):
                self.fail("%s is not what lies below it" % tile_path(level, number, len(row)))
        except Bad as problem:
            self.fail(str(problem))

    def end(self):
        for level, row in enumerate(self.rows):
            if row:
                self.compare(level)


def read_text(data, name):
    if data is None:
        raise Bad("there is no %s" % name)
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Bad("%s is no text" % name)


def check_head(note, trust, fail):
    """Origin, size and root of a head that the log and enough witnesses have signed (1)."""
    origin, size, root = checkpoint(note)
    try:
        if origin != trust.log[0].name or not signers(note, trust.log):
            fail("the head is not signed by the log's key, or is of another log")
        cosigned = signers(note, list(trust.witnesses.values()))
        names = {name for name, key in trust.witnesses.items() if key in cosigned}
        if not trust.met(trust.quorum, names):
            fail("the witnesses that are asked for have not cosigned the head")
    except Bad as problem:
        fail(str(problem))
    return size, root


def check_tree(path, trust, since, fail):
    folder = Folder(path)
    size, root = check_head(read_text(folder.read("checkpoint", MAX_NOTE), "checkpoint"), trust, fail)
    older = older_heads(folder, trust, since, size, fail)
    entries, peaks, tiles = Entries(fail), Peaks(), Tiles(folder, fail)

    def compare():
        for expected, name in older.get(peaks.size, ()):
            if expected != peaks.root():
                fail("%s has another root than this log had" % name)

    compare()
    for number in range((size + WIDTH - 1) // WIDTH):
        try:
            bundle = folder.bundle(number, min(WIDTH, size - number * WIDTH))
        except Bad as problem:
            fail(str(problem))
            break
        hashes = [leaf_hash(data) for data in bundle]
        for data, value in zip(bundle, hashes):
            entries.take(data)
            peaks.push(value)
            compare()
        tiles.take(0, hashes)
    tiles.end()
    if peaks.size == size and peaks.root() != root:
        fail("the entries have another root than the head")
    return "%d entries (%s)" % (size, ", ".join("%d %s" % (n, k) for k, n in sorted(entries.kinds.items())))


def older_heads(folder, trust, since, size, fail):
    """Roots and names of the older heads that are signed, by size (6)."""
    notes = [(name, open(name, "rb").read(MAX_NOTE)) for name in since]
    for name in sorted(os.listdir(folder.path)):
        if re.match(r"^checkpoint\.(0|[1-9][0-9]*)$", name):
            notes.append((name, folder.read(name, MAX_NOTE)))
    if len(notes) > MAX_OLDER:
        raise Bad("there are more than %d older heads" % MAX_OLDER)
    found = {}
    for name, data in notes:
        try:
            note = read_text(data, name)
            origin, at, root = checkpoint(note)
            if origin != trust.log[0].name or not signers(note, trust.log):
                raise Bad("it is not signed by the log's key")
            if name.startswith("checkpoint.") and name != "checkpoint.%d" % at:
                raise Bad("it is the head of another size")
            if at > size:
                raise Bad("the log has shrunk from %d to %d entries" % (at, size))
            found.setdefault(at, []).append((root, name))
        except Bad as problem:
            fail("%s: %s" % (name, problem))
    return found


# ---- a redacted export ----

EXPORT = "anpr-audit/export/v1"
FIELDS = (
    "actor case_reference client decision_id legal_ground on_behalf_of page plate policy purpose query reason refusal request_id "
    "result_count result_digest roles rpc status unit zone"
).split()


LISTED = ("checkpoint", "entries.csv", "entries.jsonl", "range.json")


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def read_canonical(data, members, name):
    """An object with these members, that is written as only one way is right: nothing is in it twice or beside them."""
    try:
        value = json.loads(data.decode())
        same = canonical(value) == data
    except (ValueError, RecursionError):
        same = False
    if not same or not isinstance(value, dict) or set(value) not in members:
        raise Bad("%s is not what it should be" % name)
    return value


def read_archive(path):
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if sorted(info.filename for info in infos) != sorted(LISTED + ("manifest",)):
            raise Bad("the export has other files than it should")
        if any(info.file_size > MAX_EXPORT_FILE for info in infos):
            raise Bad("the export has a file that is too long")
        return {info.filename: archive.read(info) for info in infos}


def read_manifest(note, trust, fail):
    text, _ = split_note(note)
    version, _, line = text[:-1].partition("\n")
    if version != EXPORT:
        raise Bad("the manifest is none of an export")
    if trust.receipts and not signers(note, trust.receipts):
        fail("the manifest is not signed by the log")
    if any(key.name != trust.log[0].name + "/receipts" for key in trust.receipts):
        fail("the key for receipts is that of another log")
    members = {"count", "disclosed", "files", "first", "last", "size"}
    manifest = read_canonical(line.encode(), (members,), "the manifest")
    numbers = [manifest[name] for name in ("first", "last", "size", "count")]
    shown = manifest["disclosed"]
    if any(type(number) is not int for number in numbers) or not isinstance(shown, list) or shown != sorted(set(shown)):
        raise Bad("the manifest is not what it should be")
    first, last, size, count = numbers
    if not 0 <= first <= last < size or count != last - first + 1 or not set(shown) <= set(FIELDS):
        raise Bad("the manifest names a range that is not under its head, or fields that there are not")
    return manifest


def check_export(path, trust, fail):
    files = read_archive(path)
    manifest = read_manifest(read_text(files.pop("manifest"), "manifest"), trust, fail)
    if manifest["files"] != {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}:
        fail("files of the export are not those of its manifest")
    size, root = check_head(read_text(files["checkpoint"], "checkpoint"), trust, fail)
    first, last, shown = manifest["first"], manifest["last"], manifest["disclosed"]
    if size != manifest["size"]:
        raise Bad("the manifest names another head")
    lines = files["entries.jsonl"].split(b"\n")
    if lines.pop() != b"" or len(lines) != last - first + 1:
        raise Bad("the entries are not the whole range")
    hashes, table, erased = [], [table_line(["index", "time", "kind", "system", "id", "answers"] + shown)], 0
    for index, line in enumerate(lines, start=first):
        leaf, said = check_line(line, index, shown)
        hashes.append(leaf_hash(leaf))
        table.append(told(index, leaf, said, shown))
        erased += said is None
    if "".join(table).encode() != files["entries.csv"]:
        fail("the table is not that of the entries")
    proof = read_canonical(files["range.json"], ({"before", "after"},), "the proof of the range")
    before, after = [[unbase64(value) for value in proof[side]] for side in ("before", "after")]
    if any(len(value) != 32 for value in before + after):
        raise Bad("the proof of the range has a hash of another length")
    if len(before) != len(cover(0, first)) or len(after) != len(cover(last + 1, size)):
        fail("the proof of the range has another length")
    elif range_root(size, first, hashes, before, after) != root:
        fail("the range is not under the head")
    words = "entries %d to %d of %d, %d of them erased; shown: %s" % (
        first, last, size, erased, ", ".join(shown) or "nothing",
    )
    return words if trust.receipts else words + "; the signature of the manifest was not checked (--receipts-key)"


def check_line(line, index, disclosed):
    """The leaf of an entry and what is shown of it, None when it was erased (9)."""
    name = "the line of entry %d" % index
    entry = read_canonical(line, ({"index", "leaf", "erased"}, {"index", "leaf", "shown", "hidden"}), name)
    leaf = unbase64(entry["leaf"])
    if type(entry["index"]) is not int or entry["index"] != index:
        raise Bad("the entries are not the whole range, in order: %s is of another" % name)
    if read_leaf(leaf) is None:
        raise Bad("entry %d is not in canonical form" % index)
    if "erased" in entry:
        if entry["erased"] is not True:
            raise Bad("%s is not what it should be" % name)
        return leaf, None
    shown, hidden = entry["shown"], entry["hidden"]
    if sorted([*shown, *hidden]) != FIELDS or sorted(shown) != disclosed:
        raise Bad("%s shows other fields than the manifest says" % name)
    parts = []
    for field in FIELDS:
        if field in hidden:
            parts.append(unbase64(hidden[field]))
        elif set(shown[field]) != {"salt", "value"} or len(unbase64(shown[field]["salt"])) != 32:
            raise Bad("%s is not what it should be" % name)
        else:
            value = canonical([field, shown[field]["value"]])
            parts.append(hashlib.sha256(b"anpr-audit/field/v1\0" + unbase64(shown[field]["salt"]) + value).digest())
    commitment = hashlib.sha256(b"anpr-audit/commit/v1\0" + b"".join(parts)).digest()
    if any(len(part) != 32 for part in parts) or read_leaf(leaf)[0] != base64.b64encode(commitment):
        raise Bad("entry %d does not say what it committed to" % index)
    return leaf, {field: shown[field]["value"] for field in shown}


# The table is written anew: what people read must be what was proved.
UNSEEN = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
FORMULA = re.compile("[ \u00a0\u3000]*[=+\\-@\uff1d\uff0b\uff0d\uff20\u2212]")


def table_line(cells):
    return ",".join('"%s"' % cell.replace('"', '""') for cell in cells) + "\r\n"


def told(index, leaf, said, shown):
    _, identity, kind, ref, system, time = [part.decode() for part in read_leaf(leaf)]
    cells = [str(index), moment(int(time)), kind, system, identity, ref]
    return table_line(cells + ["(erased)" if said is None else visible(said[name]) for name in shown])


def moment(ms):
    if ms >= 253402300800000:
        return str(ms)
    return (datetime(1970, 1, 1) + timedelta(seconds=ms // 1000)).strftime("%Y-%m-%dT%H:%M:%S") + ".%03dZ" % (ms % 1000)


def visible(value):
    if type(value) is int:
        return str(value)
    text = UNSEEN.sub(lambda found: "\\u%04x" % ord(found.group()), " ".join(value) if isinstance(value, list) else str(value))
    return "'" + text if FORMULA.match(text) else text


# ---- the program ----


def options(words):
    found = {"--key": [], "--witness-key": [], "--policy": [], "--since": [], "--receipts-key": []}
    targets = []
    while words:
        word = words.pop(0)
        if word in found and words:
            found[word].append(words.pop(0))
        elif not word.startswith("-"):
            targets.append(word)
        else:
            usage("not understood: %s" % word)
    if len(targets) != 1 or not (found["--key"] or found["--policy"]) or len(found["--policy"]) > 1:
        usage("one folder or export, and --key or --policy")
    return targets[0], found


def usage(words):
    print("%s\n\n%s" % (words, __doc__), file=sys.stderr)
    raise SystemExit(2)


def read_trust(found):
    """Where there is a policy and keys as well, both must be content."""
    keys = [Key(text) for text in found["--key"]]
    if len({key.name for key in keys}) > 1:
        raise Bad("the keys are those of several logs")
    trust = Trust(keys, {}, {}, "none")
    if found["--policy"]:
        with open(found["--policy"][0], encoding="utf-8") as file:
            trust = read_policy(file.read())
        if keys:
            asked = {(key.name, key.public) for key in keys}
            trust.log = [key for key in trust.log if (key.name, key.public) in asked]
            if not trust.log:
                raise Bad("the policy names another key of the log than --key")
    extra = {text: Key(text, b"\x04") for text in found["--witness-key"]}
    if extra:
        members = list(extra) + ([trust.quorum] if trust.quorum != "none" else [])
        trust.witnesses.update(extra)
        trust.groups["asked for"] = (len(members), members)
        trust.quorum = "asked for"
    trust.receipts = [Key(text) for text in found["--receipts-key"]]
    return trust


# What reading files that somebody else has made can raise.
DAMAGED = (
    OSError, KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError, EOFError, OverflowError, MemoryError,
    NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error, struct.error,
)


def main(words):
    target, found = options(words)
    failures, words = [], ""
    try:
        trust = read_trust(found)
        if os.path.isdir(target):
            words = check_tree(target, trust, found["--since"], failures.append)
        else:
            words = check_export(target, trust, failures.append)
        if trust.quorum == "none":
            words += "; no witness was asked for"
    except Bad as problem:
        failures.append(str(problem))
    except DAMAGED as problem:
        failures.append(str(problem) if isinstance(problem, OSError) else "damaged: %s" % type(problem).__name__)
    lines = ["  " + failure for failure in failures[:50]]
    if len(failures) > 50:
        lines.append("  and %d more" % (len(failures) - 50))
    lines.append("FAIL" if failures else "PASS: " + words)
    for line in lines:  # whatever the terminal can show
        print(line.encode("ascii", "backslashreplace").decode())
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
