#!/bin/sh
# Prints ../objects.yaml with upstream's own code. Needs the Go module proxy. Works in a scratch folder.
set -e
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
mkdir "$work/oracle"
cp "$here/main.go" "$work/oracle/"
cp "$here/../objects.yaml" "$work/"
cd "$work/oracle"
go mod init oracle
for m in api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap code-generator component-base \
	component-helpers controller-manager cri-api cri-client cri-streaming csi-translation-lib dynamic-resource-allocation endpointslice externaljwt kms \
	kube-aggregator kube-controller-manager kube-proxy kube-scheduler kubectl kubelet metrics mount-utils pod-security-admission sample-apiserver streaming; do
	go mod edit -replace "k8s.io/$m=k8s.io/$m@v0.36.3"
done
go mod edit -require k8s.io/kubernetes@v1.36.3
go mod tidy
go mod vendor
clock='var oracleNow = time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)\nfunc oracleSince(t time.Time) time.Duration { return oracleNow.Sub(t) }'
frozen() { # file, extra declarations
	sed -i -e 's/time\.Since(/oracleSince(/g' -e 's/time\.Until(timestamp.Time)/timestamp.Time.Sub(oracleNow)/' \
		-e 's/c, err := clientset.NewForConfig(clientConfig)/var c clientset.Interface = OracleClient; var err error/' "vendor/$1"
	printf "$2\n" >> "vendor/$1"
}
frozen k8s.io/kubectl/pkg/describe/describe.go "$clock\nvar OracleClient clientset.Interface"
frozen k8s.io/kubectl/pkg/cmd/events/event_printer.go "$clock"
frozen k8s.io/kubernetes/pkg/printers/internalversion/printers.go "$clock"
# The fake client makes no field selectors.
fake=vendor/k8s.io/client-go/kubernetes/typed/core/v1/fake/fake_event_expansion.go
sed -i '/^func (c \*fakeEvents) GetFieldSelector/,/^}/d' "$fake"
cat >> "$fake" <<'EOF'
func (c *fakeEvents) GetFieldSelector(name, namespace, kind, uid *string) fields.Selector {
	set := fields.Set{}
	for key, value := range map[string]*string{"involvedObject.name": name, "involvedObject.namespace": namespace, "involvedObject.kind": kind, "involvedObject.uid": uid} {
		if value != nil {
			set[key] = *value
		}
	}
	return set.AsSelector()
}
EOF
go run -mod=vendor .
cp ../tables.txt ../sheets.txt "$here/../"
rm -rf "$work"
