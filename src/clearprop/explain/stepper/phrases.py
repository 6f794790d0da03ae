"""The words of the step by step page, in both languages."""

from __future__ import annotations

from clearprop.messages.language import Phrase

TITLE = Phrase("One training step, node by node", "一步训练，逐个节点看")
TITLE_FORWARD = Phrase("The forward pass, node by node", "前向传播，逐个节点看")
SUBTITLE = Phrase("{network}, one sample, {optimizer}", "{network}，1 个样本，{optimizer}")
WITHOUT_TARGET = Phrase("{network}, one sample, forward pass", "{network}，1 个样本，前向传播")

PHASES = {
    "forward": Phrase("Forward and loss", "前向传播与损失"),
    "backward": Phrase("Backward", "反向传播"),
    "update": Phrase("Update", "参数更新"),
}
FORWARD_ALONE = Phrase("Forward", "前向传播")
FIRST, BACK, STEP, LAST = (
    Phrase("First step", "第一步"),
    Phrase("Step back", "后退一步"),
    Phrase("Step forward", "前进一步"),
    Phrase("Last step", "最后一步"),
)
PLAY, PAUSE = Phrase("Play", "播放"), Phrase("Pause", "暂停")
SPEED, TIMELINE = Phrase("Speed", "速度"), Phrase("Timeline", "时间轴")
CONTROLS, THIS_STEP = Phrase("Controls", "控制"), Phrase("This step", "这一步")
COUNTER = Phrase("step {k} of {n}", "第 {k} 步，共 {n} 步")
KEYS = Phrase(
    "Keys: ← → one step, space plays and pauses, Home and End jump.",
    "键盘：← → 前后一步，空格键播放或暂停，Home 和 End 跳到首尾。",
)
LEGEND_VALUE = Phrase("value, going forward", "数值，向前传")
LEGEND_GRADIENT = Phrase("its gradient, coming back", "梯度，往回传")
LEGEND_NEW = Phrase("new value", "新的值")
GRAPH = Phrase("The computational graph of this network", "这个网络的计算图")
NO_SCRIPT = Phrase("This page needs JavaScript.", "本页需要启用 JavaScript。")
ROUNDED = Phrase(
    "Numbers are rounded to {digits} significant digits; one written with fewer is exact.",
    "数字保留 {digits} 位有效数字；位数更少的数字是精确值。",
)
LAYER_HIDDEN, LAYER_OUTPUT = (
    Phrase("Layer {l} (hidden)", "第 {l} 层（隐藏层）"),
    Phrase("Layer {l} (output)", "第 {l} 层（输出层）"),
)
BAND_INPUT, BAND_LOSS = Phrase("Input", "输入"), Phrase("Loss", "损失")

# --- what happens, forward

START = Phrase("One sample arrives", "送入一个样本")
START_TEXT = Phrase(
    "The input on the left, every parameter in its card. Watch the numbers go forward to the loss, the gradients come "
    "back from it, and every parameter take one small step.",
    "左边是输入，卡片里是各个参数。接下来：数值向前一直算到损失，梯度从损失往回传，最后每个参数各走一小步。",
)
START_FORWARD = Phrase(
    "The input on the left, every parameter in its card. Watch the numbers go forward to the output.",
    "左边是输入，卡片里是各个参数。接下来看数值怎样向前一直算到输出。",
)
PRODUCT = Phrase("Multiply", "相乘")
WEIGHTED = Phrase(
    "A connection multiplies what passes through it by its weight.", "信号经过一条连接，要乘上这条连接的权重。"
)
PRODUCT_TEXT = Phrase("The numbers that arrive are multiplied.", "把传来的数相乘。")
SUM = Phrase("Add up", "相加")
WEIGHTED_SUM = Phrase("Weighted sum", "加权和")
WEIGHTED_SUM_TEXT = Phrase(
    "The neuron adds up what its connections deliver, and its bias.", "神经元把各条连接送来的数加起来，再加上偏置。"
)
SUM_TEXT = Phrase("The numbers that arrive are added.", "把传来的数相加。")
ACTIVATION = Phrase("Activation", "激活函数")
ACTIVATION_TEXT = Phrase(
    "The activation function bends the weighted sum. Without it, all layers together would be one linear map.",
    "激活函数对加权和做非线性变换。没有它，再多的层合起来也只是一个线性变换。",
)
ACTIVATIONS = {
    "sigmoid": Phrase(
        "The sigmoid presses any number into the range from 0 to 1, here a probability or how strongly a neuron fires.",
        "sigmoid 把任意数压缩到 0 与 1 之间，可以看作概率，或神经元的兴奋程度。",
    ),
    "tanh": Phrase(
        "The hyperbolic tangent presses any number into the range from −1 to 1.",
        "双曲正切把任意数压缩到 −1 与 1 之间。",
    ),
    "identity": Phrase(
        "No activation function here: the sum itself is the value.", "这里没有激活函数：加权和就是它的值。"
    ),
    "relu": Phrase(
        "ReLU lets positive numbers through and turns negative ones into 0.", "ReLU 让正数原样通过，把负数变成 0。"
    ),
}
COMPUTE = Phrase("Compute", "计算")
COMPUTE_TEXT = Phrase("One operation on the numbers that arrive.", "对传来的数做一次运算。")
LOSS = Phrase("Loss", "损失")
LOSS_TEXT = Phrase(
    "How far the output is from the target, as one number. Training is to make it smaller.",
    "用一个数衡量输出与目标相差多少。训练就是让它变小。",
)
OUTPUT_END = Phrase("The output", "输出")
OUTPUT_END_TEXT = Phrase("This is the network's prediction.", "这就是网络的预测值。")

# --- what happens, backward

SEED = Phrase("Turn round at the loss", "从损失开始往回走")
SEED_TEXT = Phrase(
    "If L grows by a little, L grows by just that: the gradient begins as 1. From here on each node asks: "
    "if my value grew a little, how much would L grow?",
    "L 增加一点，L 就恰好增加这么多，所以梯度从 1 开始。往后每个节点都问同一个问题：我的值增加一点，L 会增加多少？",
)
BACK_THROUGH = Phrase("Back through {sign}", "反向传过 {sign}")
BACK_SUM = Phrase(
    "A sum hands its gradient on unchanged to everything that was added.", "加法把梯度原样传给每一个加数。"
)
BACK_PRODUCT = Phrase(
    "A product hands each factor the gradient times the other factor.", "乘法传给每个因子的，是梯度乘以另一个因子。"
)
BACK_WEIGHTED = Phrase(
    "A product hands each factor the gradient times the other factor: the weight gets it times its input.",
    "乘法传给每个因子的，是梯度乘以另一个因子：权重得到的是梯度乘以它的输入。",
)
BACK_ACTIVATION = Phrase(
    "The gradient is multiplied by the slope of the activation function at the point where it stood.",
    "梯度乘以激活函数在该点的斜率。",
)
BACK_IDENTITY = Phrase("The value was not changed here, and neither is the gradient.", "值在这里没有改变，梯度也不变。")
BACK_LOSS = Phrase("How the loss reacts when the output grows.", "输出增加一点时，损失怎样变化。")
BACK_OTHER = Phrase(
    "The chain rule: the gradient that arrives times the local slope.", "链式法则：传来的梯度乘以局部导数。"
)
NO_SLOPE = Phrase(
    "The slope here is 0: nothing is handed on, and what comes before learns nothing along this way.",
    "这里的斜率是 0：没有梯度从这里往回传，前面的部分经由这条路学不到东西。",
)
NOT_NEEDED = Phrase(
    "The input is data, not a parameter: nobody needs its gradient.", "输入是数据，不是参数，不需要它的梯度。"
)
DELTA = Phrase("δ is short for ∂L/∂z.", "δ 是 ∂L/∂z 的简写。")
ARRIVES, SLOPE, HANDED_ON = (
    Phrase("arrives", "传来的梯度"),
    Phrase("local slope", "局部导数"),
    Phrase("handed on", "往回传"),
)
BY_RULE = Phrase("{label} ({rule})", "{label}（{rule}）")
IN_SHORT = Phrase("in short", "化简")
CANCELLED = Phrase(
    "Activation and loss fit together so well that their derivatives cancel.",
    "激活函数与损失函数配合得正好，两者的导数相消。",
)
PART = Phrase("one part of", "其中一部分：")
MEET = Phrase("Gradients meet", "梯度相加")
MEET_TEXT = Phrase(
    "This value went {n} ways. What comes back along them is added up.",
    "这个值流向了 {n} 处，从各处传回的梯度要加起来。",
)

# --- what happens, at the end

UPDATE = Phrase("Update", "更新")
UPDATE_TEXT = Phrase(
    "One small step against the gradient, for the gradient points where the loss grows.",
    "梯度指向损失增大的方向，所以沿反方向走一小步。",
)
UPDATE_ZERO = Phrase("Its gradient is 0: this sample leaves it where it is.", "它的梯度是 0：这个样本不会改变它。")
OWN_ARRAYS = Phrase(
    "Shown is the first step of {optimizer}, whose own arrays begin at 0.",
    "这里是 {optimizer} 的第 1 步，它自己的数组从 0 开始。",
)
END = Phrase("What the step has achieved", "这一步的效果")
END_BETTER = Phrase(
    "With the new parameters the loss of this sample is smaller. Repeat this for many samples, many times: "
    "that is all of training.",
    "用新的参数，这个样本的损失变小了。对许多样本反复这样做，就是训练的全部。",
)
END_WORSE = Phrase(
    "With the new parameters the loss of this sample has not become smaller: the step was too large for this slope.",
    "用新的参数，这个样本的损失没有变小：对这里的坡度来说，步子太大了。",
)
END_SAME = Phrase(
    "The loss is what it was: all gradients are 0, so nothing was learned.",
    "损失没有变：所有梯度都是 0，什么也没学到。",
)
BEFORE, AFTER = Phrase("before", "更新前"), Phrase("after", "更新后")
