package standing

// LockStudent is how a caller of Penalise locks the student.
var LockStudent = lockStudent
