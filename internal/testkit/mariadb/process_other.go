//go:build !linux

package main

import "syscall"

// attributes change nothing where the kernel cannot tie a child's life to its parent's.
func attributes(*owner) *syscall.SysProcAttr { return nil }
