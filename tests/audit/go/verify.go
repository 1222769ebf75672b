// Verify checks a published log with the Go toolchain's own packages sumdb/note and sumdb/tlog, which nobody here wrote.
//
//	verify FOLDER LOG-VKEY WITNESS-VKEY
//
// It prints "ok SIZE" or a reason, and exits 1.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"example.com/verify/note"
	"example.com/verify/tlog"
)

func fail(format string, words ...any) {
	fmt.Printf(format+"\n", words...)
	os.Exit(1)
}

// A cosigner verifies cosignature/v1 (C2SP tlog-cosignature), which sumdb/note does not know.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 72 {
		return false
	}
	at := binary.BigEndian.Uint64(signature[:8])
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", at, text)
	return ed25519.Verify(c.key, []byte(message), signature[8:])
}

func witness(vkey string) cosigner {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		fail("no witness key")
	}
	typed, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(typed) != 33 || typed[0] != 4 {
		fail("no witness key")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), typed...))
	return cosigner{parts[0], binary.BigEndian.Uint32(sum[:4]), ed25519.PublicKey(typed[1:])}
}

// head opens a checkpoint that the log, and the witness if it must, have signed.
func head(path string, log note.Verifier, cosigner note.Verifier) tlog.Tree {
	data, err := os.ReadFile(path)
	if err != nil {
		fail("%v", err)
	}
	keys := []note.Verifier{log}
	if cosigner != nil {
		keys = append(keys, cosigner)
	}
	opened, err := note.Open(data, note.VerifierList(keys...))
	if err != nil {
		fail("%s: %v", filepath.Base(path), err)
	}
	if len(opened.Sigs) != len(keys) {
		fail("%s: %d of %d keys signed", filepath.Base(path), len(opened.Sigs), len(keys))
	}
	var origin, root string
	var size int64
	if _, err := fmt.Sscanf(opened.Text, "%s\n%d\n%s\n", &origin, &size, &root); err != nil || origin != log.Name() {
		fail("%s: no checkpoint of this log", filepath.Base(path))
	}
	hash, err := tlog.ParseHash(root)
	if err != nil || opened.Text != fmt.Sprintf("%s\n%d\n%s\n", origin, size, hash) {
		fail("%s: no checkpoint of this log", filepath.Base(path))
	}
	return tlog.Tree{N: size, Hash: hash}
}

// name is that of a tile in C2SP tlog-tiles; sumdb puts the height in.
func name(t tlog.Tile) string {
	return strings.Replace(t.Path(), "tile/8/", "tile/", 1)
}

type files struct{ folder string }

func (files) Height() int { return 8 }

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, t := range tiles {
		data, err := os.ReadFile(filepath.Join(f.folder, name(t)))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (files) SaveTiles([]tlog.Tile, [][]byte) {}

func main() {
	folder := os.Args[1]
	key, err := note.NewVerifier(os.Args[2])
	if err != nil {
		fail("%v", err)
	}
	tree := head(filepath.Join(folder, "checkpoint"), key, witness(os.Args[3]))
	read := files{folder}
	var stored []tlog.Hash
	memory := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	// Every entry, from the bundles alone.
	for first := int64(0); first < tree.N; first += 256 {
		width := min(256, tree.N-first)
		bundle := tlog.Tile{H: 8, L: 0, N: first / 256, W: int(width)}
		path := strings.Replace(name(bundle), "tile/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(folder, path))
		if err != nil {
			fail("%v", err)
		}
		for i := int64(0); i < width; i++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				fail("%s is cut off", path)
			}
			size := int(binary.BigEndian.Uint16(data))
			more, err := tlog.StoredHashes(first+i, data[2:2+size], memory)
			if err != nil {
				fail("%v", err)
			}
			stored, data = append(stored, more...), data[2+size:]
		}
		if len(data) > 0 {
			fail("%s has bytes left over", path)
		}
	}
	root := func(size int64) tlog.Hash {
		hash, err := tlog.TreeHash(size, memory)
		if err != nil {
			fail("%v", err)
		}
		return hash
	}
	if root(tree.N) != tree.Hash {
		fail("the entries have another root")
	}
	// Every tile that a client of this size reads.
	for _, t := range tlog.NewTiles(8, 0, tree.N) {
		wanted, err := tlog.ReadTileData(t, memory)
		if err != nil {
			fail("%v", err)
		}
		data, err := os.ReadFile(filepath.Join(folder, name(t)))
		if err != nil {
			fail("%v", err)
		}
		if string(data) != string(wanted) {
			fail("%s is not what lies below it", name(t))
		}
	}
	// Inclusion of entries, read through the tiles as a client does, which checks each tile against the root.
	through := tlog.TileHashReader(tree, read)
	for index := int64(0); index < tree.N; index += max(1, tree.N/50) {
		proof, err := tlog.ProveRecord(tree.N, index, through)
		if err != nil {
			fail("entry %d: %v", index, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, stored[tlog.StoredHashIndex(0, index)]); err != nil {
			fail("entry %d: %v", index, err)
		}
	}
	// Older heads.
	names, _ := filepath.Glob(filepath.Join(folder, "checkpoint.*"))
	older := regexp.MustCompile(`checkpoint\.(\d+)$`)
	for _, path := range names {
		past := head(path, key, nil)
		if older.FindStringSubmatch(path)[1] != fmt.Sprint(past.N) || past.N > tree.N {
			fail("%s is the head of another size", filepath.Base(path))
		}
		if past.Hash != root(past.N) {
			fail("%s is no prefix", filepath.Base(path))
		}
		if past.N == 0 {
			continue
		}
		proof, err := tlog.ProveTree(tree.N, past.N, through)
		if err != nil {
			fail("%s: %v", filepath.Base(path), err)
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, past.N, past.Hash); err != nil {
			fail("%s: %v", filepath.Base(path), err)
		}
	}
	fmt.Printf("ok %d\n", tree.N)
}
