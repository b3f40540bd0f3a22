// Package blob keeps files in a folder. Every file gets a random name below the day on which it came, so that nothing that
// a client says becomes a path, and files that no row knows can be found by their age.
package blob

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"baodao/internal/clock"
)

// Store is a folder of files. All replicas share it. It is safe for concurrent use, by several processes too.
type Store struct {
	root *os.Root
	now  clock.Clock
}

// New opens the folder, making it when it is missing. Nothing outside of it can be reached.
func New(dir string, now clock.Clock) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make upload folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open upload folder: %w", err)
	}
	return &Store{root: root, now: now}, nil
}

// Close gives the folder back.
func (s *Store) Close() error { return s.root.Close() }

// Put writes a new file, which is on disk when Put returns, and tells its name.
func (s *Store) Put(data []byte) (name string, err error) {
	day := s.now().UTC().Format(time.DateOnly)
	name = path.Join(day, strings.ToLower(rand.Text()))
	if err := s.root.Mkdir(day, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make folder of the day: %w", err)
	} else if err == nil {
		if err := s.sync("."); err != nil {
			return "", err
		}
	}
	file, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("make file: %w", err)
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = s.sync(day)
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("write file: %w", err), s.Delete(name))
	}
	return name, nil
}

// sync makes the names in a folder last.
func (s *Store) sync(dir string) error {
	d, err := s.root.Open(dir)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// Read reads a whole file; fs.ErrNotExist when there is none.
func (s *Store) Read(name string) ([]byte, error) {
	file, err := s.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(file)
	return data, errors.Join(err, file.Close())
}

// Open opens a file for reading; fs.ErrNotExist when there is none.
func (s *Store) Open(name string) (io.ReadSeekCloser, error) {
	file, err := s.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	return file, nil
}

// Delete removes a file; one that is not there is no error.
func (s *Store) Delete(name string) error {
	if err := s.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete file: %w", err)
	}
	return nil
}

// Days lists the days of which there are files, the oldest first.
func (s *Store) Days() ([]string, error) {
	names, err := s.list(".")
	return slices.DeleteFunc(names, func(name string) bool { _, err := time.Parse(time.DateOnly, name); return err != nil }), err
}

// Names lists the files of a day.
func (s *Store) Names(day string) ([]string, error) {
	names, err := s.list(day)
	for i := range names {
		names[i] = path.Join(day, names[i])
	}
	return names, err
}

func (s *Store) list(dir string) ([]string, error) {
	d, err := s.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	names, err := d.Readdirnames(-1)
	slices.Sort(names)
	return names, errors.Join(err, d.Close())
}
