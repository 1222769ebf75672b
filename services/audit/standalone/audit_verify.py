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
import sys
import zipfile

WIDTH = 256
MAX_NOTE = 1000000
MAX_BUNDLE = WIDTH * 65537
MAX_EXPORT_FILE = 1 << 30

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
    def __init__(self, text):
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            raise Bad("no verifier key: %.60r" % text)
        self.name, identity, typed = parts[0], parts[1], unbase64(parts[2])
        self.kind, self.public = typed[:1], typed[1:]
        self.identity = hashlib.sha256(self.name.encode() + b"\n" + typed).digest()[:4]
        if self.kind not in (b"\x01", b"\x04") or len(self.public) != 32 or self.identity.hex() != identity:
            raise Bad("the verifier key is damaged or of an unknown kind: %.60r" % text)

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
        elif words[0] == "witness" and len(words) in (3, 4):
            witnesses[words[1]] = Key(words[2])
        elif words[0] == "group" and len(words) > 3:
            members = words[3:]
            least = {"any": 1, "all": len(members)}.get(words[2]) or int(words[2])
            if not 1 <= least <= len(members) or any(m not in witnesses and m not in groups for m in members):
                raise Bad("the policy has a group that cannot be: " + line)
            groups[words[1]] = (least, members)
        elif words[0] == "quorum" and len(words) == 2 and quorum is None:
            quorum = words[1]
        else:
            raise Bad("the policy has a line that is none: " + line)
    if not log or quorum is None or (quorum != "none" and quorum not in witnesses and quorum not in groups):
        raise Bad("the policy names no log or no quorum")
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
    rb'^\{"c":"[A-Za-z0-9+/]{43}=","id":"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})","k":"([a-z]+)","ke":"[0-9]{4}-(?:0[1-9]|1[0-2])/[a-z0-9]'
    rb'{1,16}","ref":"([0-9a-f-]{36}|)","sys":"([a-z0-9][a-z0-9-]{0,63})","t":(0|[1-9][0-9]{0,15}),"v":1\}$'
)
KINDS = {b"intent", b"outcome", b"denied", b"export", b"review", b"erasure", b"key", b"shard"}


class Entries:
    """What must hold from entry to entry (5)."""

    def __init__(self, fail):
        self.fail, self.kinds, self.seen, self.last, self.index = fail, {}, {}, 0, 0

    def take(self, data):
        match = LEAF.match(data)
        index, self.index = self.index, self.index + 1
        if not match or match.group(2) not in KINDS or data.endswith(b"\n"):
            self.fail("entry %d is not in canonical form" % index)
            return
        identity, kind, ref, system, time = match.groups()
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
        try:
            with open(os.path.join(self.path, name), "rb") as file:
                data = file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
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
    for at, expected, name in older:
        if at == 0 and expected != peaks.root():
            fail("%s has another root than this log had" % name)
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
            for at, expected, name in older:
                if at == peaks.size and expected != peaks.root():
                    fail("%s has another root than this log had" % name)
        tiles.take(0, hashes)
    tiles.end()
    if peaks.size == size and peaks.root() != root:
        fail("the entries have another root than the head")
    return "%d entries (%s)" % (size, ", ".join("%d %s" % (n, k) for k, n in sorted(entries.kinds.items())))


def older_heads(folder, trust, since, size, fail):
    """Size, root and name of each older head that is signed (6)."""
    notes = [(name, open(name, "rb").read(MAX_NOTE)) for name in since]
    for name in sorted(os.listdir(folder.path)):
        if re.match(r"^checkpoint\.(0|[1-9][0-9]*)$", name):
            notes.append((name, folder.read(name, MAX_NOTE)))
    found = []
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
            found.append((at, root, name))
        except Bad as problem:
            fail("%s: %s" % (name, problem))
    return found


# ---- a redacted export ----

EXPORT = "anpr-audit/export/v1"
FIELDS = (
    "actor case_reference client decision_id legal_ground on_behalf_of page plate policy purpose query reason refusal request_id "
    "result_count result_digest roles rpc status unit zone"
).split()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def check_export(path, trust, fail):
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if len(set(names)) != len(names) or any(i.file_size > MAX_EXPORT_FILE for i in archive.infolist()):
            raise Bad("the export has a file twice, or one that is too long")
        files = {name: archive.read(name) for name in names}
    note = read_text(files.pop("manifest", None), "manifest")
    text, _ = split_note(note)
    if trust.receipts and not signers(note, trust.receipts):
        fail("the manifest is not signed by the log")
    lines = text[:-1].split("\n")
    if lines[0] != EXPORT or len(lines) != 2:
        raise Bad("the manifest is none of an export")
    manifest = json.loads(lines[1])
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    if manifest["files"] != digests:
        fail("files of the export are not those of its manifest")
    head = read_text(files.get("checkpoint"), "checkpoint")
    size, root = check_head(head, trust, fail)
    first, last = manifest["first"], manifest["last"]
    proof = json.loads(read_text(files.get("range.json"), "range.json"))
    leaves, hashes = [], []
    erased = 0
    rows = read_text(files.get("entries.jsonl"), "entries.jsonl").splitlines()
    if [json.loads(row)["index"] for row in rows] != list(range(first, last + 1)) or manifest["count"] != len(rows):
        fail("the entries are not the whole range, in order")
    for row in rows:
        entry = json.loads(row)
        leaf = unbase64(entry["leaf"])
        leaves.append(leaf)
        hashes.append(leaf_hash(leaf))
        if entry.get("erased"):
            erased += 1
        elif not commits(entry, leaf, manifest["disclosed"]):
            fail("entry %d does not say what it committed to" % entry["index"])
    for index, leaf in enumerate(leaves, start=first):
        if not LEAF.match(leaf):
            fail("entry %d is not in canonical form" % index)
    before, after = [[unbase64(value) for value in proof[side]] for side in ("before", "after")]
    if len(before) != len(cover(0, first)) or len(after) != len(cover(first + len(hashes), size)):
        fail("the proof of the range has another length")
    elif range_root(size, first, hashes, before, after) != root:
        fail("the range is not under the head")
    words = "entries %d to %d of %d, %d of them erased; shown: %s" % (
        first, last, size, erased, ", ".join(manifest["disclosed"]) or "nothing",
    )
    return words if trust.receipts else words + "; the signature of the manifest was not checked (--receipts-key)"


def commits(entry, leaf, disclosed):
    """Whether what is shown, with the hashes of what is not, is what the leaf committed to (9)."""
    shown, hidden = entry["shown"], entry["hidden"]
    if sorted([*shown, *hidden]) != FIELDS or sorted(shown) != sorted(disclosed):
        return False
    parts = []
    for name in FIELDS:
        if name in shown:
            salt = unbase64(shown[name]["salt"])
            value = canonical([name, shown[name]["value"]])
            parts.append(hashlib.sha256(b"anpr-audit/field/v1\0" + salt + value).digest())
        else:
            parts.append(unbase64(hidden[name]))
    commitment = hashlib.sha256(b"anpr-audit/commit/v1\0" + b"".join(parts)).digest()
    return json.loads(leaf)["c"] == base64.b64encode(commitment).decode()


# ---- the program ----


def options(words):
    found = {"--key": [], "--witness-key": [], "--policy": [], "--since": [], "--receipts-key": []}
    target = None
    while words:
        word = words.pop(0)
        if word in found and words:
            found[word].append(words.pop(0))
        elif target is None and not word.startswith("-"):
            target = word
        else:
            raise SystemExit("not understood: %s\n\n%s" % (word, __doc__))
    if target is None or not (found["--key"] or found["--policy"]):
        print(__doc__, file=sys.stderr)
        raise SystemExit(2)
    return target, found


def main(words):
    target, found = options(words)
    failures = []
    try:
        if found["--policy"]:
            with open(found["--policy"][0]) as file:
                trust = read_policy(file.read())
        else:
            trust = Trust([], {}, {}, "none")
        trust.log += [Key(text) for text in found["--key"]]
        extra = {text: Key(text) for text in found["--witness-key"]}
        if extra:
            members = list(extra) + ([trust.quorum] if trust.quorum != "none" else [])
            trust.witnesses.update(extra)
            trust.groups["asked for"] = (len(members), members)
            trust.quorum = "asked for"
        trust.receipts = [Key(text) for text in found["--receipts-key"]]
        if os.path.isdir(target):
            words = check_tree(target, trust, found["--since"], failures.append)
        else:
            words = check_export(target, trust, failures.append)
    except (Bad, OSError, KeyError, TypeError, ValueError, IndexError, AttributeError, zipfile.BadZipFile, RecursionError) as problem:
        failures.append("%s" % problem if isinstance(problem, (Bad, OSError)) else "damaged: %s" % type(problem).__name__)
        words = ""
    for failure in failures[:50]:
        print("  " + failure)
    if len(failures) > 50:
        print("  and %d more" % (len(failures) - 50))
    print("FAIL" if failures else "PASS: " + words)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
