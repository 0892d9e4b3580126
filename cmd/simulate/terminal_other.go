//go:build !(linux || darwin || freebsd || netbsd || openbsd)

package main

import "os"

// isTerminal guesses: a character device is a terminal.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// terminalWidth is not known here.
func terminalWidth(*os.File) int { return 0 }
