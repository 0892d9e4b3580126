package engine

import (
	"math/bits"
	"math/rand/v2"
)

// Stream is a named source of random numbers. Streams are independent of each other: a draw from one never moves
// another, so adding an object to a scenario leaves the draws of all others as they were.
// It implements rand.Source, so gonum's distributions take it as their Src.
type Stream struct{ rand.PCG }

// NewStream returns the stream of that name under the seed.
func NewStream(seed uint64, name string) *Stream {
	h := HashString(name)
	s := &Stream{}
	s.Seed(Mix(seed^h), Mix(h+0x9e3779b97f4a7c15))
	return s
}

// Float64 returns a uniform number in [0, 1) with 53 bits.
func (s *Stream) Float64() float64 { return unit(s.Uint64()) }

// Int64N returns a uniform integer in [0, n); n must be positive.
func (s *Stream) Int64N(n int64) int64 {
	hi, _ := bits.Mul64(s.Uint64(), uint64(n))
	return int64(hi)
}

func unit(x uint64) float64 { return float64(x>>11) / (1 << 53) }

// Draw returns the counter-th number of an entity's purpose, uniform in [0, 1). It is a pure function of its
// arguments, so a draw that is skipped because it cannot matter leaves the later ones as they would have been.
func Draw(seed, key, counter uint64) float64 { return unit(DrawBits(seed, key, counter)) }

// DrawBits is Draw with all 64 bits.
func DrawBits(seed, key, counter uint64) uint64 {
	return Mix(Mix(seed^Mix(key)) + counter*0x9e3779b97f4a7c15)
}

// Mix is the finalizer of splitmix64: a bijection of 64 bits in which every input bit reaches every output bit.
func Mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// HashString is 64-bit FNV-1a followed by Mix: the key of a named entity or purpose.
func HashString(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return Mix(h)
}
