package store

import (
	"encoding/binary"
	"encoding/hex"

	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/engine"
)

// suffixAlphabet is what generated names end in: no vowels, no 0, 1 and 3.
// Source: k8s v1.36.3 staging apimachinery/pkg/util/rand.
const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789"

// maxGenerateName is the longest base of a generated name: 63 less the suffix.
const maxGenerateName = 58

var (
	purposeUID    = engine.HashString("uid")
	purposeSuffix = engine.HashString("suffix")
)

// newUID draws the UID of the next life of kind/key. It depends on nothing else, so another object more or less in a
// scenario changes no UID.
func (s *Store) newUID(k *model.Kind, key Key) types.UID {
	id := engine.HashString(k.Name + "/" + key.Namespace + "/" + key.Name)
	return UUID(s.engine.Seed(), id^purposeUID, s.life(id))
}

// life counts the uses of an identity, whose hash it is, from 0.
func (s *Store) life(id uint64) uint64 {
	n := s.lives[id]
	s.lives[id] = n + 1
	return uint64(n)
}

// NewUID draws the UID of an object that is about to be created, for what has to know it before.
func (s *Store) NewUID(k *model.Kind, key Key) types.UID { return s.newUID(k, key) }

// UUID is the counter-th version 4 UUID of an entity.
func UUID(seed, key, counter uint64) types.UID {
	hi, lo := engine.DrawBits(seed, key, 2*counter), engine.DrawBits(seed, key, 2*counter+1)
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 2<<62
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:], hi)
	binary.BigEndian.PutUint64(raw[8:], lo)
	text := make([]byte, 0, 36)
	for i, n := range [...]int{4, 6, 8, 10, 16} { // 8-4-4-4-12 digits
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, raw[(len(text)-i)/2:n])
	}
	return types.UID(text)
}

// Suffix is the counter-th five-character suffix of an entity.
func Suffix(seed, key, counter uint64) string {
	x := engine.DrawBits(seed, key^purposeSuffix, counter)
	var b [5]byte
	for i := range b {
		b[i] = suffixAlphabet[x%uint64(len(suffixAlphabet))]
		x /= uint64(len(suffixAlphabet))
	}
	return string(b[:])
}

// GenerateName returns a free name for the base, drawn from a stream of its own for each kind, namespace and base.
func (s *Store) GenerateName(k *model.Kind, namespace, base string) string {
	if len(base) > maxGenerateName {
		base = base[:maxGenerateName]
	}
	id := engine.HashString("name/" + k.Name + "/" + namespace + "/" + base)
	for {
		name := base + Suffix(s.engine.Seed(), id, s.life(id))
		if s.Get(k, Key{namespace, name}) == nil {
			return name
		}
	}
}
