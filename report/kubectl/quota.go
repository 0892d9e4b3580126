package kubectl

import (
	"sort"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"clustersim/model"
)

func quotaCells(now time.Time, q *corev1.ResourceQuota) []string {
	requests, limits := []string{}, []string{}
	for _, name := range resourceNames(q.Status.Hard) {
		used, hard := q.Status.Used[name], q.Status.Hard[name]
		text := string(name) + ": " + used.String() + "/" + hard.String()
		if strings.HasPrefix(string(name), "limits.") {
			limits = append(limits, text)
		} else {
			requests = append(requests, text)
		}
	}
	return []string{q.Name, strings.Join(requests, ", "), strings.Join(limits, ", "), age(now, q.CreationTimestamp)}
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeQuota.
func describeQuota(s *sheet, q *corev1.ResourceQuota) {
	s.line(0, "Name:\t%s", q.Name)
	s.line(0, "Namespace:\t%s", q.Namespace)
	s.quotaScopes(0, " * ", q)
	s.line(0, "Resource\tUsed\tHard")
	s.line(0, "--------\t----\t----")
	for _, name := range resourceNames(q.Status.Hard) {
		hard, used := q.Status.Hard[name], q.Status.Used[name]
		if hard.Format != used.Format {
			used = *resource.NewQuantity(used.Value(), hard.Format)
		}
		s.line(0, "%v\t%v\t%v", name, used.String(), hard.String())
	}
}

// describeQuotas is the block of quotas in the sheet of a namespace.
func describeQuotas(s *sheet, quotas []model.Object) {
	s.line(0, "Resource Quotas")
	for _, o := range quotas {
		q := o.(*corev1.ResourceQuota)
		s.line(1, "Name:\t%s", q.Name)
		s.quotaScopes(1, "* ", q)
		s.line(1, "Resource\tUsed\tHard")
		s.line(1, "--------\t---\t---")
		for _, name := range resourceNames(q.Status.Hard) {
			hard, used := q.Status.Hard[name], q.Status.Used[name]
			s.line(1, "%s\t%s\t%s", name, used.String(), hard.String())
		}
	}
}

// scopeHelp is kubectl's explanation of the oldest scopes; it has none for the others.
var scopeHelp = map[string]string{
	string(corev1.ResourceQuotaScopeTerminating):    "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.",
	string(corev1.ResourceQuotaScopeNotTerminating): "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.",
	string(corev1.ResourceQuotaScopeBestEffort):     "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
	string(corev1.ResourceQuotaScopeNotBestEffort):  "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.",
}

func (s *sheet) quotaScopes(level int, bullet string, q *corev1.ResourceQuota) {
	if len(q.Spec.Scopes) == 0 {
		return
	}
	scopes := []string{}
	for _, scope := range q.Spec.Scopes {
		scopes = append(scopes, string(scope))
	}
	sort.Strings(scopes)
	s.line(level, "Scopes:\t%s", strings.Join(scopes, ", "))
	for _, scope := range scopes {
		if help := scopeHelp[scope]; help != "" {
			s.line(level, "%s%s", bullet, help)
		}
	}
}

// limitHeader heads the tables of a LimitRange.
var limitHeader = [2]string{
	"Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio",
	"----\t--------\t---\t---\t---------------\t-------------\t-----------------------",
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeLimitRange.
func describeLimitRange(s *sheet, l *corev1.LimitRange) {
	s.line(0, "Name:\t%s", l.Name)
	s.line(0, "Namespace:\t%s", l.Namespace)
	s.line(0, "%s", limitHeader[0])
	s.line(0, "%s", limitHeader[1])
	s.limits("", l)
}

// describeLimits is the block of limit ranges in the sheet of a namespace.
func describeLimits(s *sheet, ranges []model.Object) {
	s.line(0, "Resource Limits")
	s.line(0, " %s", limitHeader[0])
	s.line(0, " %s", limitHeader[1])
	for _, o := range ranges {
		s.limits(" ", o.(*corev1.LimitRange))
	}
}

// Differs: kubectl prints the resources of one item in map order; here they are sorted.
func (s *sheet) limits(prefix string, l *corev1.LimitRange) {
	for _, item := range l.Spec.Limits {
		lists := []corev1.ResourceList{item.Min, item.Max, item.DefaultRequest, item.Default, item.MaxLimitRequestRatio}
		union := corev1.ResourceList{}
		for _, list := range lists {
			for name := range list { // unordered: gathers a set
				union[name] = resource.Quantity{}
			}
		}
		for _, name := range resourceNames(union) {
			values := []string{}
			for _, list := range lists {
				value := "-"
				if q, ok := list[name]; ok {
					value = q.String()
				}
				values = append(values, value)
			}
			s.line(0, "%s%s\t%v\t%s", prefix, item.Type, name, strings.Join(values, "\t"))
		}
	}
}

// limitRangeCells: the API server has no columns for limit ranges and falls back to the name and the time of creation.
//
// Source: k8s v1.36.3 staging/src/k8s.io/apiserver/pkg/registry/rest/table.go defaultTableConvertor.
func limitRangeCells(_ time.Time, l *corev1.LimitRange) []string {
	return []string{l.Name, l.CreationTimestamp.Time.UTC().Format(time.RFC3339)}
}
