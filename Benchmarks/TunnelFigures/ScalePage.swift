import SealaneFigures

/// The page on how Sealane scales. It is generated from the JSON file and never edited.
package enum ScalePage {
    /// - Parameters:
    ///   - data: the name of the JSON file, relative to the page.
    ///   - chart: the name of the SVG file, relative to the page.
    package static func markdown(_ measurements: ScaleMeasurements, data: String, chart: String) -> String {
        var sections = [
            """
            # How Sealane scales

            `make bench-scale` writes this page from [\(data)](\(data)): do not edit it. \(summary(measurements)) \
            [Benchmarks](benchmarks.md) compares Sealane with other tunnels.

            ![Throughput, cost and memory as curves](\(chart))
            """,
            requirements(measurements), predictions(measurements), memory(measurements),
        ]
        if measurements.isQuick {
            sections.insert("**A quick run: do not quote these figures.**", at: 1)
        }
        sections.append("## Curves\n\nMedians, with minimum and maximum of all rounds in brackets.")
        sections += Curve.allCases.compactMap { table(measurements, $0).map(\.markdown) }
        if !measurements.failures.isEmpty {
            let lines = measurements.failures.map { "- \($0)" }.joined(separator: "\n")
            sections.append("## Not measured, or not in every round\n\n\(lines)")
        }
        sections += [method(measurements), machine(measurements)]
        return sections.joined(separator: "\n\n") + "\n"
    }

    private static func summary(_ measurements: ScaleMeasurements) -> String {
        let rounds = measurements.rounds == 1 ? "1 round" : "\(measurements.rounds) rounds"
        return """
            Agents, far ends and load generators share one machine with \(measurements.machine.cores) cores \
            (\(measurements.machine.cpu)). The underlay is in \(measurements.mode.rawValue) mode. Figures are medians \
            of \(rounds).
            """
    }

    /// One row for each point of the curve; nil if there are no measurements.
    package static func table(_ measurements: ScaleMeasurements, _ curve: Curve) -> Table? {
        let abscissae = measurements.abscissae(curve)
        let figures = ScaleFigure.allCases.filter { figure in
            abscissae.contains { measurements.spread(figure, curve, at: $0) != nil }
        }
        guard !figures.isEmpty else { return nil }
        let rows = abscissae.map { x in
            [count(x)]
                + figures.map { figure in
                    measurements.spread(figure, curve, at: x).map { spread in
                        let range = "\(figure.text(spread.minimum)) – \(figure.text(spread.maximum))"
                        return "\(figure.text(spread.median)) (\(range))"
                    } ?? "-"
                }
        }
        return Table(heading: ["\(curve.title): \(curve.axis)"] + figures.map(\.title), rows: rows)
    }

    private static func requirements(_ measurements: ScaleMeasurements) -> String {
        let least = ScaleMeasurements.leastActivePeerRatio
        let rows = [
            (Curve.activePeersInRuns, 1.0), (.activePeersInTurn, 1.0), (.activePeersInTurn, 10.0),
        ].map { curve, base -> [String] in
            let ratio = measurements.throughputRatio(curve, at: 1000, to: base)
            return [
                "\(curve.title): 1,000 over \(count(base))", ratio.map { $0.isKnown ? $0.text : "-" } ?? "not measured",
                "at least \(Digits.significant(least))", ratio.map { holds($0, least) } ?? "-",
            ]
        }
        let table = Table(heading: ["throughput", "measured", "bound", "holds"], rows: rows)
        return """
            ## What must hold

            \(table.markdown)

            Ratios are those of the geometric means of all rounds. The brackets contain the ratio with 99 % confidence. \
            `-`: the brackets would span more than a factor of \(Digits.fixed(RatioEstimate.widestSpan, 0)), so the ratio \
            needs more rounds.

            With runs of packets, only the number of peers differs. If each datagram is for another peer than the \
            previous one, the agent cannot join datagrams to a run. With a single peer it can, even if the sender \
            sends them one by one. This advantage is lost with the second peer, so the third line shows the cost of \
            the number of peers alone.
            """
    }

    private static func holds(_ ratio: RatioEstimate, _ least: Double) -> String {
        guard ratio.isKnown else { return "-" }
        let answer = ratio.ratio >= least ? "yes" : "no"
        guard let interval = ratio.interval else { return "\(answer), in the only round" }
        return interval.contains(least) ? "\(answer), but within noise" : answer
    }

    // MARK: Costs

    private static let exampleSizes: [Double] = [64, 500, 1400, 4000, 8900]

    private static func predictions(_ measurements: ScaleMeasurements) -> String {
        let fits = [Curve.packetSize, .jumboPacketSize].flatMap { curve in
            [ScaleFigure.senderCost, .receiverCost].compactMap { figure in
                measurements.fit(figure, curve).map { (curve: curve, figure: figure, fit: $0) }
            }
        }
        guard !fits.isEmpty else { return "## What it costs\n\nNot measured." }
        let lines = Table(
            heading: ["what", "ns a packet", "ns a byte", "greatest residual"],
            rows: fits.map { entry in
                let greatest = zip(entry.fit.points, entry.fit.residuals).map { ($1 / $0.y).magnitude }.max() ?? 0
                return [
                    "\(entry.figure.title.prefix { $0 != "," }), \(entry.curve.title)",
                    Digits.significant(entry.fit.intercept * 1e9), Digits.fixed(entry.fit.slope * 1e9, 3),
                    "\(Digits.fixed(greatest * 100, 0)) %",
                ]
            })
        let residuals = fits.map { entry in
            Table(
                heading: [
                    "\(entry.figure.title), \(entry.curve.title): \(entry.curve.axis)", "measured", "by the line",
                    "residual",
                ],
                rows: zip(entry.fit.points, entry.fit.residuals).map { point, residual in
                    [
                        count(point.x), Digits.significant(point.y * 1e9),
                        Digits.significant(entry.fit.value(at: point.x) * 1e9),
                        Digits.significant(residual * 1e9),
                    ]
                }
            ).markdown
        }
        return
            ([
                """
                ## What it costs

                CPU time of an agent for each packet, user and system, as a fixed part and a part for each byte of \
                UDP payload: a least-squares line through the medians. The kernel charges soft interrupts to the \
                thread that they interrupt, so the agent's time includes some of the kernel's work and lacks some. \
                The load generator sent as many packets as possible: at lower rates fewer packets share a system \
                call, and each costs more.
                """,
                lines.markdown, example(measurements), "### Residuals",
            ] + residuals).joined(separator: "\n\n")
    }

    private static func example(_ measurements: ScaleMeasurements) -> String {
        guard let sender = measurements.fit(.senderCost, .packetSize),
            let receiver = measurements.fit(.receiverCost, .packetSize)
        else { return "" }
        let rate = 200_000.0
        let size = 1000.0
        let out = rate * sender.value(at: size)
        let back = rate * receiver.value(at: size)
        let rows = exampleSizes.map { size in
            let curve =
                [Curve.packetSize, .jumboPacketSize].first {
                    measurements.fit(.senderCost, $0)?.isExtrapolated(at: size) == false
                } ?? .packetSize
            func text(_ figure: ScaleFigure) -> String {
                guard let fit = measurements.fit(figure, curve) else { return "-" }
                let cost = fit.value(at: size)
                guard cost > 0 else { return "-" }
                return "\(Digits.significant(1 / cost / 1e3)) (\(Digits.significant(size * 8 / cost / 1e9)) Gbit/s)"
                    + (fit.isExtrapolated(at: size) ? ", extrapolated" : "")
            }
            let label = count(size) + (curve == .jumboPacketSize ? " (MTU 9001)" : "")
            return [label, text(.senderCost), text(.receiverCost)]
        }
        let table = Table(
            heading: ["one core, 1000 packets/s: payload, bytes", "sending", "receiving"], rows: rows)
        return """
            ### Your own case

            For example, a host that sends \(count(rate)) packets a second of \(count(size)) bytes and receives as \
            many, over MTU 1500:

            - sending: \(count(rate)) × (\(nanoseconds(sender)) × \(count(size))) ns = \(Digits.significant(out)) cores
            - receiving: \(count(rate)) × (\(nanoseconds(receiver)) × \(count(size))) ns = \(Digits.significant(back)) cores

            Together \(Digits.significant(out + back)) cores of this processor, for \
            \(Digits.significant(rate * size * 8 / 1e9)) Gbit/s each way. The next table shows what one core carries \
            if it does nothing else. Each size uses the line of the MTU that carries it (*extrapolated*: outside the \
            measured sizes):

            \(table.markdown)
            """
    }

    /// `812 + 0.213`: nanoseconds for a packet, and for a byte.
    private static func nanoseconds(_ fit: LinearFit) -> String {
        "\(Digits.significant(fit.intercept * 1e9)) + \(Digits.fixed(fit.slope * 1e9, 3))"
    }

    // MARK: Memory

    private static func memory(_ measurements: ScaleMeasurements) -> String {
        guard let fit = measurements.fit(.memory, .configuredPeers) else { return "## Memory\n\nNot measured." }
        let rows = [100.0, 1000, 10_000, 100_000, 1_000_000].map { x in
            let predicted =
                ScaleFigure.memory.text(fit.value(at: x)) + (fit.isExtrapolated(at: x) ? " (extrapolated)" : "")
            let measured = measurements.spread(.memory, .configuredPeers, at: x)
            return [
                count(x), measured.map { ScaleFigure.memory.text($0.median) } ?? "-", predicted,
                measured.map { ScaleFigure.memory.text($0.median - fit.value(at: x)) } ?? "-",
            ]
        }
        let table = Table(
            heading: ["configured peers: resident, MiB", "measured", "by the line", "residual"], rows: rows)
        return """
            ## Memory

            The least-squares line is \(ScaleFigure.memory.text(fit.intercept)) MiB plus \
            \(Digits.significant(fit.slope / 1024)) KiB for each configured peer without a session.

            \(table.markdown)
            """
    }

    // MARK: Method

    private static func method(_ measurements: ScaleMeasurements) -> String {
        """
        ## Method

        The hosts are those of [Benchmarks](benchmarks.md): two network namespaces joined by one veth pair. Each \
        round measures every point once, one after another, for \
        \(Digits.significant(measurements.secondsPerMeasurement)) s.

        - Lanes, streams, MTU, configured peers: iperf3; the receiver counts. Two agents and two iperf3 share \
        \(measurements.machine.cores) cores, so more lanes than cores have nothing to run on.
        - Packet size: one socket sends as many UDP datagrams as it can. Throughput counts the payload that arrives. \
        The CPU time of each agent is divided by the packets that it reports as sealed or opened.
        - Active peers: one program in the second namespace plays all far ends. Each far end has its own static key, \
        address and session, made by a real handshake. The program connects to the underlay through a TUN device, so \
        that one read returns packets for any far end. A program in the first namespace sends to all of them in turn. \
        The far ends open one packet of 32 and send it back, so that at most 448 are in flight and no packet is lost to a \
        full queue. They only count the others, because the agent is what is measured. The measurement starts half a \
        second after the load. The run with one peer differs only in the number of peers.
        - Session set-up: the far ends have no sessions. Each gets one packet, a few milliseconds apart, and the time \
        ends when it opens that packet. The agent initiates.
        - Handshakes: all far ends initiate at once. The time runs from the first initiation to the last session. The \
        agent is the responder and asks for cookies above a certain rate. The program of the far ends is as busy on \
        another core: where handshakes/s times the agent's CPU time is less than a core, the agent could do more.
        - Memory: resident memory after the load. Start: from the start of the process until the agent answers on its \
        control socket, after it has read its configuration.
        """
    }

    private static func machine(_ measurements: ScaleMeasurements) -> String {
        let machine = measurements.machine
        let rows = [
            ["processor", "\(machine.cpu), \(machine.cores) cores"],
            ["memory", "\(Digits.significant(Double(machine.memoryByteCount) / 1_073_741_824)) GiB"],
            ["kernel", machine.kernel], ["system", machine.system], ["sealaned", measurements.version],
            ["begun", "\(measurements.startedAt), took \(measurements.seconds / 60) min"],
            ["command", "`\(measurements.command.joined(separator: " "))`"],
        ]
        let facts = measurements.facts.isEmpty ? "" : "\n\n```\n\(measurements.facts.joined(separator: "\n"))\n```"
        return "## Machine and versions\n\n" + Table(heading: ["what", "which"], rows: rows).markdown + facts
    }

    /// Formats a whole number with commas: 100,000.
    static func count(_ value: Double) -> String {
        var digits = Digits.fixed(value, 0)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }
}
