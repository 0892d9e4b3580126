package main

import (
	"errors"
	"strconv"
)

// mostOf bounds what is counted on the command line: nodes, replications.
const mostOf = 1_000_000

// count is the value of a flag that wants a number from 1 to mostOf.
type count int

// String implements pflag.Value.
func (c *count) String() string {
	if *c == 0 {
		return ""
	}
	return strconv.Itoa(int(*c))
}

// Set implements pflag.Value.
func (c *count) Set(text string) error {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 1 || n > mostOf {
		return errors.New("must be a whole number from 1 to 1000000")
	}
	*c = count(n)
	return nil
}

// Type implements pflag.Value.
func (c *count) Type() string { return "N" }

// seed is the value of --seed.
type seed struct {
	given bool
	value uint64
}

// String implements pflag.Value.
func (s *seed) String() string {
	if !s.given {
		return ""
	}
	return strconv.FormatUint(s.value, 10)
}

// Set implements pflag.Value.
func (s *seed) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return errors.New("must be a whole number from 0 to 18446744073709551615")
	}
	s.given, s.value = true, n
	return nil
}

// Type implements pflag.Value.
func (s *seed) Type() string { return "N" }
