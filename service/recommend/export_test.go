package recommend

// FollowAtMost makes a process start anew when there are more new lines of the log than n.
func FollowAtMost(s *Service, n int) { s.lines = n }
