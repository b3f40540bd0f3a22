package notify

// KillAt makes the worker die at the named step, as kill -9 would: nothing of it happens afterwards.
func (w *Worker) KillAt(step func(string) error) { w.step = step }
