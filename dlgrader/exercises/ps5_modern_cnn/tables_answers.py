"""Wrong and other right answers to the exercises on LeNet-5 and AlexNet."""

from __future__ import annotations

from dlgrader.declarations import Alternative, Mistake

_C1, _S2 = "c1 = 32 - 5 + 1", "s2 = c1 // 2"
_C3, _S4 = "c3 = s2 - 5 + 1", "s4 = c3 // 2"
_C1_ROW, _S2_ROW = '("C1", (6, c1, c1))', '("S2", (6, s2, s2))'
_C3_ROW, _S4_ROW = '("C3", (16, c3, c3))', '("S4", (16, s4, s4))'

LENET_MISTAKES = (
    Mistake(
        "padded",
        "the convolutions keep the size, as with padding; in LeNet-5 there is none",
        edits=((_C1, "c1 = 32"), (_C3, "c3 = s2")),
        loses=("convolutions", "poolings"),
    ),
    Mistake(
        "input-28",
        "the input is taken as 28 × 28; LeNet-5 sees 32 × 32",
        edits=((_C1, "c1 = 28 - 5 + 1"),),
        loses=("convolutions", "poolings"),
    ),
    Mistake(
        "one-forgotten",
        "the + 1 of the output size is missing: it counts the first position of the filter",
        edits=((_C1, "c1 = 32 - 5"), (_C3, "c3 = s2 - 5")),
        loses=("convolutions", "poolings"),
    ),
    Mistake(
        "overlapping-windows",
        "the pooling moves on by one pixel only; its windows lie side by side",
        edits=((_S2, "s2 = c1 - 2 + 1"), (_S4, "s4 = c3 - 2 + 1")),
        loses=("convolutions", "poolings"),
    ),
    Mistake(
        "windows-of-three",
        "that is AlexNet's pooling, 3 × 3 with stride 2; LeNet-5 has 2 × 2 with stride 2",
        edits=((_S2, "s2 = (c1 - 3) // 2 + 1"), (_S4, "s4 = (c3 - 3) // 2 + 1")),
        loses=("convolutions", "poolings"),
    ),
    Mistake(
        "maps-last",
        "the number of maps stands last; in this course the channel comes first",
        edits=(
            (_C1_ROW, '("C1", (c1, c1, 6))'),
            (_S2_ROW, '("S2", (s2, s2, 6))'),
            (_C3_ROW, '("C3", (c3, c3, 16))'),
            (_S4_ROW, '("S4", (s4, s4, 16))'),
        ),
        loses=("convolutions", "poolings"),
    ),
    Mistake(
        "fewer-maps",
        "the pooling halves the number of maps as well; it works in every map on its own",
        edits=((_S2_ROW, '("S2", (3, s2, s2))'), (_S4_ROW, '("S4", (8, s4, s4))')),
        loses=("poolings",),
    ),
    Mistake(
        "maps-multiplied",
        "each filter of C3 is counted once for every map that comes in; it adds them up to one map",
        edits=((_C3_ROW, '("C3", (96, c3, c3))'), (_S4_ROW, '("S4", (96, s4, s4))')),
        loses=("convolutions", "poolings"),
    ),
    Mistake(
        "six-maps-kept",
        "C3 has as many maps as C1; the number of maps is that of the layer's own filters",
        edits=((_C3_ROW, '("C3", (6, c3, c3))'), (_S4_ROW, '("S4", (6, s4, s4))')),
        loses=("convolutions", "poolings"),
    ),
    Mistake(
        "products",
        "the values of a layer are multiplied to one number; a shape names each axis",
        edits=(
            (_C1_ROW, '("C1", (6 * c1 * c1,))'),
            (_S2_ROW, '("S2", (6 * s2 * s2,))'),
            (_C3_ROW, '("C3", (16 * c3 * c3,))'),
            (_S4_ROW, '("S4", (16 * s4 * s4,))'),
        ),
        loses=("convolutions", "poolings"),
    ),
    Mistake(
        "units-as-maps",
        "the units of the last layers are written as maps of 1 × 1; there they have one axis",
        edits=(
            ('("C5", (120,))', '("C5", (120, 1, 1))'),
            ('("F6", (84,))', '("F6", (84, 1, 1))'),
            ('("OUTPUT", (10,))', '("OUTPUT", (10, 1, 1))'),
        ),
        loses=("connected",),
    ),
    Mistake(
        "bare-numbers",
        "a shape of one axis is a tuple as well: (120,) with a comma, because (120) is a number",
        edits=(
            ('("C5", (120,))', '("C5", (120))'),
            ('("F6", (84,))', '("F6", (84))'),
            ('("OUTPUT", (10,))', '("OUTPUT", (10))'),
        ),
        loses=("connected",),
    ),
    Mistake(
        "flattened-c5",
        "those are the values that go into C5; asked is what comes out, one for each of its units",
        edits=(('("C5", (120,))', '("C5", (16 * s4 * s4,))'),),
        loses=("connected",),
    ),
    Mistake(
        "with-input",
        "the input is listed, too; the list begins with C1",
        edits=((_C1_ROW, f'("INPUT", (1, 32, 32)),\n        {_C1_ROW}'),),
        loses=("rows",),
    ),
    Mistake(
        "poolings-at-the-end",
        "the order is wrong: the layers are listed as an image passes through them",
        edits=(
            (_S2_ROW, _C3_ROW),
            (f"        {_C3_ROW},\n        {_S4_ROW}", f"        {_S2_ROW},\n        {_S4_ROW}"),
        ),
        loses=("rows",),
    ),
)

LENET_ALTERNATIVES = (
    Alternative(
        "written down",
        source="""
            def lenet5_shapes():
                names = ["C1", "S2", "C3", "S4", "C5", "F6", "OUTPUT"]
                shapes = [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120,), (84,), (10,)]
                return list(zip(names, shapes))
        """,
    ),
    Alternative(
        "a loop over layers, NumPy integers, lists",
        source="""
            def lenet5_shapes():
                layers = [("C1", 6, 5, 1), ("S2", 6, 2, 2), ("C3", 16, 5, 1), ("S4", 16, 2, 2)]
                size, result = np.int64(32), []
                for name, maps, window, stride in layers:
                    size = (size - window) // stride + 1
                    result.append([name, [np.int32(maps), size, size]])
                for name, units in zip(("C5", "F6", "OUTPUT"), (120, 84, 10)):
                    result.append([name, np.array([units])])
                return result
        """,
    ),
    Alternative(
        "a helper, a tuple",
        source="""
            def after(size, window, stride=1):
                return (size - window) // stride + 1


            def lenet5_shapes():
                c1 = after(32, 5)
                s2 = after(c1, 2, 2)
                c3 = after(s2, 5)
                s4 = after(c3, 2, 2)
                maps = zip(("C1", "S2", "C3", "S4"), (6, 6, 16, 16), (c1, s2, c3, s4))
                shapes = {name: (n, size, size) for name, n, size in maps}
                shapes |= {"C5": (120,), "F6": (84,), "OUTPUT": (10,)}
                return tuple(shapes.items())
        """,
    ),
)

_CONV, _FULL = "filters * channels * size**2 + filters", "inputs * units + units"
_CONVOLUTIONS = ("first", "convolutions")
_LAST = '"fc8": connected(4096, 1000)'

ALEXNET_MISTAKES = (
    Mistake(
        "no-biases",
        "the biases are missing: one for each filter and each unit",
        edits=((_CONV, "filters * channels * size**2"), (_FULL, "inputs * units")),
        loses=("first", "convolutions", "flattened", "connected"),
    ),
    Mistake(
        "grouped",
        "conv2, conv4 and conv5 are counted in two groups, as on the paper's two graphics cards",
        edits=(
            ("convolution(256, 96, 5)", "convolution(256, 48, 5)"),
            ("convolution(384, 384, 3)", "convolution(384, 192, 3)"),
            ("convolution(256, 384, 3)", "convolution(256, 192, 3)"),
        ),
        loses=("convolutions",),
    ),
    Mistake(
        "grey-image",
        "the filters of conv1 see one channel; a colour image has three",
        edits=(("convolution(96, 3, 11)", "convolution(96, 1, 11)"),),
        loses=("first",),
    ),
    Mistake(
        "channels-forgotten",
        "a filter is counted as if it saw one channel; it has weights for every channel coming in",
        edits=((_CONV, "filters * size**2 + filters"),),
        loses=_CONVOLUTIONS,
    ),
    Mistake(
        "three-channels-everywhere",
        "every layer is counted with the image's three channels; from conv2 on, maps come in",
        edits=((_CONV, "filters * 3 * size**2 + filters"),),
        loses=("convolutions",),
    ),
    Mistake(
        "size-not-squared",
        "the filter's size counts once; a filter has a height and a width",
        edits=((_CONV, "filters * channels * size + filters"),),
        loses=_CONVOLUTIONS,
    ),
    Mistake(
        "bias-for-each-channel",
        "each filter has a bias for every channel; the sum over the channels gets one bias",
        edits=((_CONV, "filters * channels * (size**2 + 1)"),),
        loses=_CONVOLUTIONS,
    ),
    Mistake(
        "positions-counted",
        "the weights of conv1 are counted at each position; all positions share them",
        edits=(("convolution(96, 3, 11)", "convolution(96, 3, 11) * 55 * 55"),),
        loses=("first",),
    ),
    Mistake(
        "fc6-from-4096",
        "fc6 is counted like fc7; into fc6 come the flattened maps of the last pooling",
        edits=(("connected(256 * 6 * 6, 4096)", "connected(4096, 4096)"),),
        loses=("flattened",),
    ),
    Mistake(
        "pool5-forgotten",
        "fc6 is counted behind conv5, with maps of 13 × 13; a pooling lies between them",
        edits=(("connected(256 * 6 * 6, 4096)", "connected(256 * 13 * 13, 4096)"),),
        loses=("flattened",),
    ),
    Mistake(
        "input-224",
        "the maps in front of fc6 are 5 × 5, which follows from an input of 224; with 227 all fits",
        edits=(("connected(256 * 6 * 6, 4096)", "connected(256 * 5 * 5, 4096)"),),
        loses=("flattened",),
    ),
    Mistake(
        "channels-only",
        "fc6 gets one value for each map; that would be global pooling, and AlexNet flattens",
        edits=(("connected(256 * 6 * 6, 4096)", "connected(256, 4096)"),),
        loses=("flattened",),
    ),
    Mistake(
        "dropout-halves",
        "dropout is counted as if it halved the units; all of them have weights, in training, too",
        edits=(
            ("connected(4096, 4096)", "connected(2048, 4096)"),
            (_LAST, '"fc8": connected(2048, 1000)'),
        ),
        loses=("connected",),
    ),
    Mistake(
        "biases-of-inputs",
        "there is a bias for every input; it is the units that have one each",
        edits=((_FULL, "inputs * units + inputs"),),
        loses=("flattened", "connected"),
    ),
    Mistake(
        "with-total",
        "another key than the eight is there, such as a total",
        edits=((_LAST, f'{_LAST},\n        "total": 62_378_344'),),
        loses=("keys",),
    ),
)

ALEXNET_ALTERNATIVES = (
    Alternative(
        "written down",
        source="""
            def alexnet_parameters():
                return {
                    "conv1": 34_944,
                    "conv2": 614_656,
                    "conv3": 885_120,
                    "conv4": 1_327_488,
                    "conv5": 884_992,
                    "fc6": 37_752_832,
                    "fc7": 16_781_312,
                    "fc8": 4_097_000,
                }
        """,
    ),
    Alternative(
        "a table, NumPy integers, another order",
        source="""
            def alexnet_parameters():
                channels = np.array([3, 96, 256, 384, 384, 256])
                sizes = np.array([11, 5, 3, 3, 3])
                units = [channels[-1] * 36, 4096, 4096, 1000]
                result = {}
                for k in (2, 1, 0):
                    result[f"fc{k + 6}"] = (units[k] + 1) * units[k + 1]
                for k in range(5):
                    result[f"conv{k + 1}"] = channels[k + 1] * (channels[k] * sizes[k] ** 2 + 1)
                return result
        """,
    ),
    Alternative(
        "floats",
        edits=((_CONV, f"float({_CONV})"), (_FULL, f"float({_FULL})")),
    ),
    Alternative(
        "sizes of arrays",
        source="""
            def alexnet_parameters():
                shapes = dict(
                    conv1=(96, 3, 11, 11),
                    conv2=(256, 96, 5, 5),
                    conv3=(384, 256, 3, 3),
                    conv4=(384, 384, 3, 3),
                    conv5=(256, 384, 3, 3),
                    fc6=(4096, 256, 6, 6),
                    fc7=(4096, 4096),
                    fc8=(1000, 4096),
                )
                return {name: int(np.prod(shape)) + shape[0] for name, shape in shapes.items()}
        """,
    ),
)
