package narrate

import "fmt"

// phrase is one thing that can be said, in each language. The arguments of the verbs have the same order in both.
type phrase struct{ en, ko string }

// The phrases. Names of fields, phases and reasons stay as the API spells them, in both languages.
var (
	created     = phrase{"created", "생성됨"}
	gone        = phrase{"gone", "사라짐"}
	bound       = phrase{"bound to node %s", "%s 노드에 배치됨"}
	nominated   = phrase{"nominated for node %s, where pods of lower priority make room", "우선순위가 낮은 파드가 자리를 비워 줄 %s 노드에 지명됨"}
	deletion    = phrase{"deletion asked for, grace period %d s", "삭제가 요청됨, 유예 시간 %d초"}
	container   = phrase{"container %s %s", "컨테이너 %s: %s"}
	waits       = phrase{"waits (%s)", "대기 중(%s)"}
	waitsOnly   = phrase{"waits", "대기 중"}
	runs        = phrase{"runs", "실행 중"}
	runsReady   = phrase{"runs and is ready", "실행 중이고 준비됨"}
	ended       = phrase{"ended: %s, exit code %d", "종료됨: %s, 종료 코드 %d"}
	restarted   = phrase{" (restart %d)", " (재시작 %d회)"}
	phaseChange = phrase{"phase %s, was %s", "단계 %s, 이전에는 %s"}
	podReason   = phrase{"%s: %s", "%s: %s"}
	condition   = phrase{"now %[2]s: %[1]s", "컨디션 %s: %s"}
	because     = phrase{" (%s)", " (%s)"}
	tainted     = phrase{"tainted %s", "테인트 %s 추가됨"}
	untainted   = phrase{"taint %s taken away", "테인트 %s 제거됨"}
	cordoned    = phrase{"closed to new pods", "새 파드를 받지 않음"}
	uncordoned  = phrase{"open to new pods again", "다시 새 파드를 받음"}
	wanted      = phrase{"%d replicas wanted, were %d", "원하는 레플리카 %d개, 이전에는 %d개"}
	begins      = phrase{"The scenario: %s.", "시나리오: %s."}
	ends        = phrase{"The scenario: %s is over.", "시나리오: %s 끝남."}
	checkHolds  = phrase{"Check %s holds.", "검사 %s 통과."}
	checkFails  = phrase{"Check %s fails: %s", "검사 %s 실패: %s"}
	clock       = phrase{"%10.3fs", "%9.3f초"}
)

func (n *Narrator) say(p phrase, args ...any) string {
	if n.language == "ko" {
		return fmt.Sprintf(p.ko, args...)
	}
	return fmt.Sprintf(p.en, args...)
}
