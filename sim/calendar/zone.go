package calendar

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"errors"
	"io"
	"time"
)

//go:embed zoneinfo.zip
var zoneinfo []byte

// Zone returns the time zone of an IANA name, as "Europe/Berlin"; "" and "UTC" are UTC. The error of an unknown name is that
// of time.LoadLocation.
func Zone(name string) (*time.Location, error) {
	if name == "" || name == "UTC" {
		return time.UTC, nil
	}
	unknown := errors.New("unknown time zone " + name)
	files, err := zip.NewReader(bytes.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		return nil, err
	}
	f, err := files.Open(name)
	if err != nil {
		return nil, unknown
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, unknown // a folder
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return time.LoadLocationFromTZData(name, data)
}
