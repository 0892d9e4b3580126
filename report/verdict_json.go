package report

import "strconv"

func appendCheck(b []byte, v *CheckResult) []byte {
	b = append(b, `{"name":`...)
	b = appendString(b, v.Name)
	b = appendText(b, "outcome", string(v.Outcome))
	b = append(b, `,"t":`...)
	if v.At < 0 {
		b = append(b, "null"...)
	} else {
		b = AppendSeconds(b, v.At)
	}
	b = appendText(b, "expects", v.Expects)
	b = appendText(b, "place", v.Place)
	if v.Outcome == Passed {
		return append(b, '}')
	}
	b = appendText(b, "message", v.Message)
	b = appendTexts(b, "details", v.Details)
	b = appendTexts(b, "cause", v.Cause)
	if v.Object != "" {
		b = appendText(b, "namespace", v.Namespace)
		b = appendText(b, "object", v.Object)
		b = append(b, `,"seq":`...)
		b = strconv.AppendUint(b, v.Seq, 10)
	}
	if v.Replay != "" {
		b = appendText(b, "replay", v.Replay)
		b = appendText(b, "why", v.Why)
	}
	return append(b, '}')
}

func appendTexts(b []byte, name string, list []string) []byte {
	b = append(b, `,"`+name+`":[`...)
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

func appendThreshold(b []byte, t *ThresholdResult) []byte {
	b = append(b, `{"metric":`...)
	b = appendString(b, t.Metric)
	b = appendText(b, "threshold", t.Text)
	b = append(b, `,"passed":`...)
	b = strconv.AppendBool(b, t.Passed)
	b = append(b, `,"value":`...)
	if t.Measured {
		b = strconv.AppendFloat(b, t.Value, 'g', 12, 64)
	} else {
		b = append(b, "null"...)
	}
	b = append(b, `,"runs":`...)
	b = strconv.AppendInt(b, int64(t.Runs), 10)
	return append(appendText(b, "place", t.Place), '}')
}

// ChecksJSON is a JSON list of verdicts, as a RunResult has it.
func ChecksJSON(list []CheckResult) []byte {
	b := []byte{'['}
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendCheck(b, &list[i])
	}
	return append(b, ']')
}

// ThresholdsJSON is a JSON list of verdicts, as a RunResult has it.
func ThresholdsJSON(list []ThresholdResult) []byte {
	b := []byte{'['}
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendThreshold(b, &list[i])
	}
	return append(b, ']')
}
