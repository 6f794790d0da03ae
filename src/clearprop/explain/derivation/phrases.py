"""The words of a derivation, in both languages."""

from __future__ import annotations

from clearprop.messages.language import Counted, Phrase

TITLE = Phrase("How this network computes and learns", "这个网络怎样计算、怎样学习")
OF_SAMPLES = Phrase(
    "{n} samples, {layers}. Rows of a matrix are samples.", "{n} 个样本，{layers}。矩阵的每一行是一个样本。"
)
OF_SAMPLES_COLUMN = Phrase(
    "{n} samples, {layers}. Columns of a matrix are samples.", "{n} 个样本，{layers}。矩阵的每一列是一个样本。"
)
OF_ONE = Phrase("One sample, {layers}.", "1 个样本，{layers}。")
LAYERS = Counted("1 layer", "{n} layers", "{n} 层")
NOTATION = Phrase(
    "[l] is the layer, (i) the sample; δ[l] = ∂L/∂z[l]. ⊙, functions, squares and fractions work entry by entry. "
    "Numbers are rounded to {digits} significant digits; one written with fewer is exact.",
    "[l] 表示层，(i) 表示样本；δ[l] = ∂L/∂z[l]。⊙、函数、平方和分式都逐元素运算。数字保留 {digits} 位有效数字；"
    "位数更少的数字是精确值。",
)
FORWARD = Phrase("Forward propagation", "前向传播")
LOSS = Phrase("Loss", "损失函数")
BACKWARD = Phrase("Backward propagation", "反向传播")
UPDATE = Phrase("Update", "参数更新")

FORWARD_INTRO = Phrase(
    "Layer by layer: a weighted sum z and an activation a, which is the next layer's input.",
    "逐层计算：先求加权和 z，再经激活函数得到 a；a 又是下一层的输入。",
)
LOSS_INTRO = Phrase(
    "How far the output a[L] is from the target y, as one number.", "用一个数衡量输出 a[L] 与目标 y 相差多少。"
)
LOSS_INTRO_MEAN = Phrase(
    "How far the outputs a[L] are from the targets y: one number, the mean over the N = {n} samples.",
    "用一个数衡量输出 a[L] 与目标 y 相差多少：对 N = {n} 个样本取平均。",
)
BACKWARD_INTRO = Phrase(
    "The chain rule, from the loss back to the first layer. A gradient has the shape of its variable.",
    "用链式法则从损失一直推回第 1 层。梯度的形状与对应变量相同。",
)
UPDATE_INTRO = Phrase(
    "Every parameter takes one step against its gradient ({optimizer}); ′ marks the new value.",
    "每个参数沿梯度的反方向走一步（{optimizer}）；′ 表示新的值。",
)

INPUT = Phrase("The input", "输入")
TARGET = Phrase("The target", "目标")
LINEAR = Phrase("Layer {l} ({role}): weighted sum", "第 {l} 层（{role}）：加权和")
ACTIVATION = Phrase("Layer {l} ({role}): activation", "第 {l} 层（{role}）：激活")
OTHER = Phrase("Layer {l} ({role})", "第 {l} 层（{role}）")
HIDDEN, OUTPUT = Phrase("hidden", "隐藏层"), Phrase("output", "输出层")
THE_LOSS = Phrase("The loss", "损失")
DATA_LOSS = Phrase("The loss without penalties", "不含正则项的损失")
SHARED = Phrase("Used more than once", "多次用到的量")

OUTPUT_GRADIENT = Phrase("The loss by the output", "损失对输出的梯度")
BP1 = Phrase("BP1: the error of the output layer", "BP1：输出层的误差")
BP2 = Phrase("BP2: the error of layer {l} from that of layer {next}", "BP2：由第 {next} 层的误差求第 {l} 层的误差")
BP2_FIRST = Phrase("First half of BP2: back through W[{next}]", "BP2 的前一半：经 W[{next}] 传回")
BP3 = Phrase("BP3: gradient of the bias", "BP3：偏置的梯度")
BP4 = Phrase("BP4: gradient of the weights", "BP4：权重的梯度")
GRADIENT = Phrase("Gradient", "梯度")
NEW_WEIGHTS = Phrase("Layer {l}: new weights", "第 {l} 层：新的权重")
NEW_BIAS = Phrase("Layer {l}: new bias", "第 {l} 层：新的偏置")
NEW_PARAMETER = Phrase("Layer {l}: new value", "第 {l} 层：新的值")
STATE = Phrase("Layer {l}: the optimizer's own array", "第 {l} 层：优化器自己的数组")

IN_GENERAL = Phrase("In general", "一般形式")
MEANS = Phrase("By definition", "按定义")
CANCELLED = Phrase(
    "In the last equation the derivatives of activation and loss have cancelled: that short form is what runs.",
    "最后一个等式中，激活函数与损失的导数已经相消：实际运行的就是这个化简后的式子。",
)
NOT_FINITE = Phrase(
    "To the last digit a number here is 0, 1 or ∞: put into this formula, it would divide by 0 or take ln 0.",
    "此处有的数在浮点数中恰为 0、1 或 ∞：代入这个式子，就会除以 0 或取 ln 0。",
)
NO_ELEMENTWISE = Phrase(
    "Softmax ties all units of a layer together, so BP1's ⊙ does not hold here: its whole Jacobian is applied.",
    "softmax 把同一层的所有单元联系在一起，BP1 中的 ⊙ 在这里不成立：要用整个雅可比矩阵。",
)
LARGE = Phrase(
    "The matrices are too large to print; single elements stand for them.",
    "矩阵太大，无法全部写出；这里只写出其中的几个元素。",
)
TOO_LARGE = Phrase("The matrices are too large to print.", "矩阵太大，无法全部写出。")
MORE = Counted("1 more element of the same form.", "{n} more elements of the same form.", "其余 {n} 个元素形式相同。")
MORE_GIVEN = Counted("1 more element.", "{n} more elements.", "另有 {n} 个元素。")
NO_ELEMENTS = Phrase("Of what {op} makes, single elements are not written out.", "{op} 的结果不逐元素写出。")
ZERO = Phrase(
    "No gradient comes back this far: it is 0 whatever the numbers are.", "梯度传不到这里：无论数值是多少，它恒为 0。"
)
BIAS_ROWS = Phrase("b is added to every row.", "b 加到每一行上。")
BIAS_COLUMNS = Phrase("b is added to every column.", "b 加到每一列上。")
SETTINGS = Phrase("The numbers of {optimizer} in its first step, t = 1", "{optimizer} 第 1 步（t = 1）用到的数")
FIRST_STEP = Phrase(
    "Shown is the first step of {optimizer}, whose own arrays begin at 0.",
    "这里是 {optimizer} 的第 1 步，它自己的数组从 0 开始。",
)
