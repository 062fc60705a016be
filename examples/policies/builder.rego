# Only what a known builder has built. For builds (buildx) and containers alike.
package docker

builders := {"https://attestd.example/builder"}

deny_msg contains "it has no provenance" if {
	input.image
	not input.image.provenance
}

deny_msg contains msg if {
	id := object.get(input.image.provenance, "builderID", "")
	not id in builders
	msg := sprintf("its builder is '%s'", [id])
}

decision := {"allow": count(deny_msg) == 0, "deny_msg": deny_msg}
