import SealaneFigures

/// The page for readers: method, machine, tables. It is generated from the JSON file and never edited.
package enum Page {
    /// - Parameters:
    ///   - data: the name of the JSON file, relative to the page.
    ///   - chart: the name of the SVG file, relative to the page.
    package static func markdown(_ measurements: Measurements, data: String, chart: String) -> String {
        var sections = [
            """
            # Benchmarks

            `make bench` writes this page from [\(data)](\(data)): do not edit it. \(summary(measurements)) \
            [How Sealane scales](scale.md) has curves over lanes, sizes and peers.

            ![TCP, UDP and round trips of Sealane and other tunnels](\(chart))
            """,
            section(
                "What must hold", "Ratios are ratios of medians.", [measurements.requirements]),
            section(
                "Medians",
                "In brackets: the ratio to wireguard-go. For round trips, CPU and memory, less is better.",
                tables(measurements.medians)),
            section(
                "Variance", "Minimum and maximum of \(rounds(measurements)).",
                tables(measurements.extremes)),
            method(measurements), machine(measurements), setups(measurements),
        ]
        let skipped = measurements.contenders.compactMap { entry in
            entry.skipped.map { "- \(entry.contender.title): \($0)" }
        }
        for supplement in measurements.supplements ?? [] {
            sections.insert(self.supplement(supplement, beside: measurements), at: 1)
        }
        if !skipped.isEmpty {
            sections.insert("## Not measured, or not in every round\n\n\(skipped.joined(separator: "\n"))", at: 2)
        }
        return sections.joined(separator: "\n\n") + "\n"
    }

    private static func summary(_ measurements: Measurements) -> String {
        """
        Both hosts, all agents and all load generators share one machine with \(measurements.machine.cores) cores \
        (\(measurements.machine.cpu)). The MTU is 1500 unless a line says otherwise. Figures are medians of \
        \(rounds(measurements)).
        """
    }

    private static func supplement(
        _ supplement: Measurements.Supplement, beside measurements: Measurements
    ) -> String {
        let groups = Figure.Group.allCases.filter { group in supplement.figures.contains { $0.group == group } }
        let versions = supplement.contenders.compactMap { entry in
            entry.version.map { "\(entry.contender.title) \($0)" }
        }
        let skipped = supplement.contenders.compactMap { entry in
            entry.skipped.map { "\n- \(entry.contender.title): not measured: \($0)" }
        }
        let machine = supplement.machine
        let isSame = machine.cpu == measurements.machine.cpu && machine.cores == measurements.machine.cores
        return """
            ## A later run

            These figures come from a later run than the rest of this page: \
            \(groups.map { "*\($0.title)*" }.joined(separator: ", ")). The run measured all contenders in turn. It \
            began \(supplement.startedAt) on \(isSame ? "the same kind of machine" : "another machine") \
            (\(machine.cpu), \(machine.cores) cores, kernel \(machine.kernel)), with \
            \(supplement.rounds == 1 ? "1 round" : "\(supplement.rounds) rounds") of \
            \(Digits.significant(supplement.secondsPerMeasurement)) s, by \
            `\(supplement.command.joined(separator: " "))`. Compare these figures with each other, not with those of \
            the first run.

            - Versions: \(versions.joined(separator: "; "))\(skipped.joined())
            """
    }

    private static func rounds(_ measurements: Measurements) -> String {
        measurements.rounds == 1 ? "1 round" : "\(measurements.rounds) rounds"
    }

    private static func tables(_ table: (Figure.Group, Mode) -> Table?) -> [Table] {
        Figure.Group.allCases.flatMap { group in Mode.allCases.compactMap { table(group, $0) } }
    }

    private static func section(_ title: String, _ introduction: String, _ tables: [Table]) -> String {
        (["## \(title)", introduction] + tables.map(\.markdown)).joined(separator: "\n\n")
    }

    private static func method(_ measurements: Measurements) -> String {
        let seconds = Digits.significant(measurements.secondsPerMeasurement)
        return """
            ## Method

            Two network namespaces are the hosts. One veth pair joins them directly. In *batched* mode the pair keeps \
            its defaults and passes a run of UDP datagrams (`UDP_SEGMENT`) on as a whole, as between containers or \
            with a NIC that segments UDP. In *wire* mode every datagram travels alone, as on EC2's ENA, which does \
            not segment UDP. The benchmark verifies both modes before it measures. TCP segmentation stays on in both \
            modes, so the results of "no tunnel" hardly differ. The underlay:

            ```
            \(measurements.underlay.joined(separator: "\n"))
            ```

            Each round measures every contender once in every mode, one after another, so that a temporary slowdown \
            of the machine affects all of them. The benchmark starts the agents of a contender for its turn and ends \
            them afterwards: no agent idles beside another.

            - TCP: iperf3 for \(seconds) s with 1 and 4 streams (`-P 4`), in both directions (`-R`). The receiver counts.
            - UDP: sizes are payload bytes. *Delivered*: datagrams that arrive while one socket sends as many as it \
            can with sendmmsg(2); the sender alone uses a core. *Loss-free*: the greatest rate that loses less than \
            0.1 %, found by bisection; a rate fails if it fails twice. The benchmark does not use iperf3 here, \
            because its sender would be the limit.
            - Round trip: 64 bytes of UDP there and back, one at a time, between two processes that block in recv(2). \
            *Idle*: each host has its own core, so that every trip wakes a sleeping core twice. On a virtual machine \
            this takes longer than everything else. *One core*: both hosts share a core, so that only the work along \
            the path counts (spinning makes no sense there). Without pinning, the scheduler would choose between the \
            two at random.
            - Latency under load: the same round trips on any core, one each millisecond, while one TCP stream sends \
            as fast as it can in the same direction. If a trip takes longer than a millisecond, each further \
            millisecond counts as one trip, with the time that a datagram sent in it would have waited. Trips wait \
            behind the stream's packets in queues, and for a core, because two busy hosts share the machine's cores. \
            *Late / early* is the median of the last third of the trips divided by that of the first third: it shows \
            a growing queue.
            - CPU: user and system time of each end's agent during TCP with 1 stream, for each GiB received. The \
            kernel charges soft interrupts to the thread that they interrupt. The busy time of the whole machine, \
            which includes iperf3, is therefore given too.
            - Memory: resident memory of the larger agent, after the load.
            - Each run of Sealane checks that the agents use the cipher suite and the provider that its title names. \
            "No cipher" is a separate build that copies instead of sealing. It shows the cost without cryptography, \
            protects nothing, and cannot be selected in the real agent.
            - Every contender has the greatest MTU that fits the underlay without fragments, and the largest buffers \
            that it can request.

            The machine is shared and small: two hosts and two load generators compete for \
            \(measurements.machine.cores) cores. These figures compare programs. Two separate machines would reach \
            other values.
            """
    }

    private static func machine(_ measurements: Measurements) -> String {
        let machine = measurements.machine
        var rows = [
            ["processor", "\(machine.cpu), \(machine.cores) cores"],
            ["memory", "\(Digits.significant(Double(machine.memoryByteCount) / 1_073_741_824)) GiB"],
            ["kernel", machine.kernel], ["system", machine.system],
            ["net.core.rmem_max", "\(machine.receiveBufferLimit) bytes"],
            ["begun", "\(measurements.startedAt), took \(measurements.seconds / 60) min"],
            ["command", "`\(measurements.command.joined(separator: " "))`"],
        ]
        rows += measurements.versions.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
        rows += measurements.contenders.compactMap { entry in entry.version.map { [entry.contender.title, $0] } }
        return "## Machine and versions\n\n" + Table(heading: ["what", "which"], rows: rows).markdown
    }

    private static func setups(_ measurements: Measurements) -> String {
        let entries = measurements.contenders.filter { !$0.setup.isEmpty }.map { entry in
            """
            <details><summary>\(entry.contender.title)</summary>

            ```
            \(entry.setup.joined(separator: "\n\n"))
            ```

            </details>
            """
        }
        return (["## Set-up of each contender", "`DIR` is the scratch directory."] + entries).joined(separator: "\n\n")
    }
}
