package signup

// The guards that a test may take away.

// WithoutSeatCondition gives seats whether or not one is left.
func (s *Service) WithoutSeatCondition() *Service { s.weak.limitless = true; return s }

// WithoutLookingBack does not look for a live signup in the same activity.
func (s *Service) WithoutLookingBack() *Service { s.weak.dontLookBack = true; return s }

// WithoutStudentLock lets two requests of one student run side by side.
func (s *Service) WithoutStudentLock() *Service { s.weak.dontLock = true; return s }

// WithoutSeatLock lets two transactions change the seats of a position side by side.
func (s *Service) WithoutSeatLock() *Service { s.weak.dontLockSeats = true; return s }
