// Requires nothing of its own: ../kube/go.mod requires this module, replaces it with this folder and builds it with the Kubernetes that it pins.
module knitbone.io/test/real/kubelet

go 1.25.0
