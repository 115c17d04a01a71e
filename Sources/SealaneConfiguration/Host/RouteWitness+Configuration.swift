import SealaneFleet

extension RouteWitness {
    /// Reads the topology that `configuration` names. Nil: it names no topology.
    package init?(_ configuration: Configuration) throws(ConfigurationError) {
        guard let topology = configuration.topology else { return nil }
        do throws(TopologyFileError) {
            self.init(try TopologyFile(path: topology.file).read(), maximumAge: topology.maximumAge)
        } catch {
            throw ConfigurationError(problems: [configuration.source.problem(at: "topology.file", "\(error)")])
        }
        // Only a contradiction of this host's own stated facts is an error here. Verdicts report all others.
        if let (vpc, told, region) = regionContradiction(configuration.facts) {
            throw ConfigurationError(problems: [
                configuration.source.problem(
                    at: "instance.region",
                    "this host's \(vpc) is in \(region.value), but the topology \(topology.file) says \(told); "
                        + "expected the same Region: correct the wrong one")
            ])
        }
    }
}
