//go:build linux || darwin || freebsd || netbsd || openbsd

package main

import (
	"os"
	"syscall"
	"unsafe"
)

type windowSize struct{ rows, columns, x, y uint16 }

// size asks the terminal behind a file; ok is false if there is none.
func size(f *os.File) (w windowSize, ok bool) {
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), uintptr(syscall.TIOCGWINSZ), uintptr(unsafe.Pointer(&w)))
	return w, errno == 0
}

func isTerminal(f *os.File) bool {
	_, ok := size(f)
	return ok
}

// terminalWidth is the number of columns, 0 if f is no terminal or does not say.
func terminalWidth(f *os.File) int {
	w, _ := size(f)
	return int(w.columns)
}
