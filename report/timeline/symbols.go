package timeline

// symbol is how a state or a mark is drawn. All of them are one column wide.
type symbol struct {
	unicode, ascii string
	color          string // ANSI colour, used on request
	name           string // stable: CSV and JSON carry it
	legend         string
}

var stateSymbols = [states]symbol{
	Pending:     {"·", ".", "90", "Pending", "pending, no node yet"},
	Waiting:     {"░", ":", "36", "Waiting", "waiting to start"},
	Pulling:     {"▒", "%", "34", "Pulling", "pulling image"},
	NotReady:    {"▓", "+", "33", "NotReady", "running, not ready"},
	Ready:       {"█", "#", "32", "Ready", "running and ready"},
	BackOff:     {"~", "~", "35", "BackOff", "backing off"},
	Terminating: {"/", "/", "33", "Terminating", "terminating"},
	Succeeded:   {"=", "=", "90", "Succeeded", "completed"},
	Failed:      {"x", "x", "31", "Failed", "failed"},
	Unknown:     {"?", "?", "31", "Unknown", "node does not answer"},
}

var markSymbols = [markKinds]symbol{
	Note:    {"i", "i", "37", "Note", "note"},
	Warning: {"!", "!", "31", "Warning", "warning event"},
	Restart: {"R", "R", "35", "Restart", "restart"},
	Fault:   {"F", "F", "31", "Fault", "fault"},
}

// String is the name of the state, as CSV and JSON have it.
func (s State) String() string {
	if s < 0 || int(s) >= states {
		return "?"
	}
	return stateSymbols[s].name
}

// String is the name of the kind, as CSV and JSON have it.
func (k MarkKind) String() string {
	if k < 0 || k >= markKinds {
		return "?"
	}
	return markSymbols[k].name
}

func (s symbol) draw(o Options) string {
	text := s.unicode
	if o.ASCII {
		text = s.ascii
	}
	if o.Color && s.color != "" {
		return "\x1b[" + s.color + "m" + text + "\x1b[0m"
	}
	return text
}
