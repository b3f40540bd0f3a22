package round

import "baodao/model"

// Interrupt makes a process call f after each batch, and give up on its error without a word.
func Interrupt(s *Service, f func(model.RoundStatus) error) { s.interrupt = f }

// InBatchesOf writes so many rows in each transaction.
func InBatchesOf(s *Service, n int) { s.rows = n }
