package sweep

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Kept are the results of a sweep so far, in a file that grows by a line for each. A line that was cut off by a crash is
// dropped.
type Kept struct {
	Results map[int][]byte
	file    *os.File
}

// keptHead is the first line.
type keptHead struct {
	Sweep string `json:"sweep"`
}

// keptLine is any other.
type keptLine struct {
	Unit   int             `json:"unit"`
	Result json.RawMessage `json:"result"`
}

// Keep opens the file of a sweep. With resume it reads what is there, and refuses results of another plan; without, it
// begins anew.
func Keep(path, sweep string, resume bool) (*Kept, error) {
	k := &Kept{Results: map[int][]byte{}}
	good := int64(0)
	if resume {
		n, err := k.read(path, sweep)
		if err != nil {
			return nil, err
		}
		good = n
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	k.file = f
	if err := f.Truncate(good); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := f.Seek(good, 0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if good == 0 {
		err = k.line(keptHead{sweep})
	}
	return k, err
}

// read takes the whole lines of a file in and returns how long they are together.
func (k *Kept) read(path, sweep string) (good int64, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	r := bufio.NewReader(bytes.NewReader(data))
	for first := true; ; first = false {
		text, err := r.ReadBytes('\n')
		if err != nil {
			return good, nil // the end, or a line that was cut off
		}
		if first {
			var head keptHead
			if json.Unmarshal(text, &head) != nil || head.Sweep != sweep {
				return 0, fmt.Errorf("%s: results of another sweep (%s): its plan, files or program differ; without --resume it begins anew", path, head.Sweep)
			}
		} else {
			var l keptLine
			if json.Unmarshal(text, &l) != nil {
				return good, nil
			}
			k.Results[l.Unit] = l.Result
		}
		good += int64(len(text))
	}
}

func (k *Kept) line(v any) error {
	data, err := json.Marshal(v)
	if err == nil {
		_, err = k.file.Write(append(data, '\n'))
	}
	return err
}

// Add keeps a result.
func (k *Kept) Add(unit int, result []byte) error {
	k.Results[unit] = result
	return k.line(keptLine{unit, result})
}

// Close closes the file.
func (k *Kept) Close() error { return k.file.Close() }
