"""What the doctor says, in both languages: of each illness its name, what is measured, and why it matters; and "
"advice."""

from __future__ import annotations

from dataclasses import dataclass

from clearprop.messages.language import Phrase


@dataclass(frozen=True)
class Words:
    """The words for one illness; `{names}` stand for what was measured.

    Attributes:
        name: in a list of illnesses.
        looked: what was measured, in a clause: said of the healthy, too.
        title: of a finding.
        measured: what a finding measured, with its limits; `{looked}` is the clause.
        why: why it matters.
        caption: what the picture shows.
    """

    name: Phrase
    looked: Phrase
    title: Phrase
    measured: Phrase
    why: Phrase
    caption: Phrase


_COLUMNS = Phrase("Of each column |mean| or standard deviation, the larger one", "每列的 |均值| 与标准差中较大者")
_WEIGHTS = Phrase("Weights, a column per unit: blue above 0, orange below", "权重，每列一个神经元：蓝色为正，橙色为负")
_UNITS = Phrase("A cell per unit, the red ones are stuck", "每格一个神经元，红色的已停滞")
_NORMS = Phrase("‖δ[l]‖ of each layer; orange: at the initial weights", "各层的 ‖δ[l]‖；橙色：初始权重处")
_LOSS = Phrase("Loss by epoch; dashed: the trivial answer", "每轮的损失；虚线：基线")
_BOTH = Phrase("Loss by epoch: blue training, orange validation", "每轮的损失：蓝色为训练集，橙色为验证集")

# In the order in which they are looked for and shown: what causes others comes first.
WORDS = {
    "unscaled_inputs": Words(
        Phrase("unscaled inputs", "输入未标准化"),
        Phrase(
            "columns with means {means[0]:.3g} to {means[1]:.3g}, standard deviations {stds[0]:.4g} to {stds[1]:.4g}",
            "各列均值 {means[0]:.3g} 到 {means[1]:.3g}，标准差 {stds[0]:.4g} 到 {stds[1]:.4g}",
        ),
        Phrase("Inputs that are not standardised", "输入没有标准化"),
        Phrase(
            "{looked}. 0 and 1 are expected, up to {far:g} is tolerated. Furthest off: {worst}.",
            "{looked}。应为 0 与 1，容许到 {far:g}。偏离最大的列：{worst}。",
        ),
        Phrase(
            "dW[1] = a[0]ᵀ·δ[1] is as large as the inputs are: large columns make z[1] large, so that units saturate "
            "or "
            "die and the loss starts far off, and columns of different sizes want different learning rates.",
            "dW[1] = a[0]ᵀ·δ[1] 与输入成正比：数值大的列使 z[1] 过大，神经元因此饱和或死亡，损失从很高处开始；"
            "而尺度不同的列需要不同的学习率。",
        ),
        _COLUMNS,
    ),
    "unscaled_targets": Words(
        Phrase("unscaled targets", "目标未标准化"),
        Phrase("mean {mean:.6g}, standard deviation {std:.6g}", "均值 {mean:.6g}，标准差 {std:.6g}"),
        Phrase("Targets that are not standardised", "目标没有标准化"),
        Phrase("{looked}. 0 and 1 are expected{limits}.", "{looked}。应为 0 与 1{limits}。"),
        Phrase(
            "A network starts with outputs around 0, of about the size 1. Until they have come to the mean and the "
            "unit of y it learns little else, and its gradients are as large as its error.",
            "网络起初的输出在 0 附近，大小约为 1。在输出达到 y 的均值与量级之前，它几乎学不到别的东西，"
            "而梯度又与误差一样大。",
        ),
        _COLUMNS,
    ),
    "symmetry": Words(
        Phrase("symmetry", "对称性"),
        Phrase("{units} hidden units, {distinct} of them distinct", "{units} 个隐藏神经元中，不同的有 {distinct} 个"),
        Phrase("Symmetry: equal units in {where}", "对称性：{where}有完全相同的神经元"),
        Phrase(
            "{looked}. The others have the same weights, biases and gradients as one of these.",
            "{looked}，其余神经元的权重、偏置与梯度都和其中某一个相等。",
        ),
        Phrase(
            "Units with equal weights in and out get equal gradients, so every step keeps them equal: however long "
            "they "
            "are trained, together they do the work of one.",
            "输入权重与输出权重都相等的神经元得到相等的梯度，每一步更新之后仍然相等：无论训练多久，"
            "它们合在一起只相当于一个神经元。",
        ),
        _WEIGHTS,
    ),
    "linear_collapse": Words(
        Phrase("linear collapse", "线性坍缩"),
        Phrase(
            "{linear} of {hidden} hidden layers have a linear activation{narrow}",
            "{hidden} 个隐藏层中有 {linear} 个使用线性激活{narrow}",
        ),
        Phrase("Linear collapse: {layers} layers equal one", "线性坍缩：{layers} 层等价于一层"),
        Phrase(
            "{looked}. The one layer W = {product} ({size}) has the same z[{layers}] on all {rows} rows: the largest "
            "difference is {error:.1e}.",
            "{looked}。单独一层 W = {product}（{size}）在全部 {rows} 个样本上给出同样的 z[{layers}]，最大误差为 "
            "{error:.1e}。",
        ),
        Phrase(
            "A linear map of a linear map is a linear map: the hidden layers bring parameters, and nothing that one "
            "layer "
            "could not do.",
            "线性映射的复合仍是线性映射：隐藏层只增加了参数，没有带来任何一层做不到的东西。",
        ),
        _WEIGHTS,
    ),
    "initial_loss": Words(
        Phrase("initial loss", "初始损失"),
        Phrase(
            "{first:.3g}, where {expected:.3g} ({name}) is expected (limit {limit:.3g})",
            "{first:.3g}，应在 {expected:.3g}（{name}）左右（界限 {limit:.3g}）",
        ),
        Phrase("A bad initial loss", "初始损失过高"),
        Phrase("The first loss is {looked}.", "最初的损失为 {looked}。"),
        Phrase(
            "A network that knows nothing yet should not be sure of anything. One that starts sure of wrong answers "
            "spends "
            "its first steps on unlearning them, with gradients that can kill or saturate units.",
            "还一无所知的网络不应对任何答案深信不疑。若一开始就坚信错误的答案，最初的训练步只能用来纠正它，"
            "而过大的梯度会使神经元死亡或饱和。",
        ),
        _LOSS,
    ),
    "dead_units": Words(
        Phrase("dead units", "神经元死亡"),
        Phrase(
            "{shares} of the units put out 0 for all {rows} rows (limit {limit:.0%}: some are normal)",
            "对全部 {rows} 个样本输出都为 0 的神经元：{shares}（界限 {limit:.0%}：少数属于正常）",
        ),
        Phrase("Dead units in {where}", "{where}的神经元死亡"),
        Phrase("{looked}.", "{looked}。"),
        Phrase(
            "Where relu puts out 0 its derivative is 0, too. A unit that does so for every row never gets a gradient "
            "and "
            "never comes back: the layer is narrower than it looks.",
            "relu 输出 0 时导数也是 0。对所有样本都输出 0 的神经元得不到梯度，不会再恢复：这一层实际上比看上去窄。",
        ),
        _UNITS,
    ),
    "saturated_units": Words(
        Phrase("saturated units", "神经元饱和"),
        Phrase(
            "in {shares} of the units f′(z) is below {flat:.0%} of its maximum for {mostly:.0%} of the rows "
            "(limit {limit:.0%})",
            "对 {mostly:.0%} 以上的样本 f′(z) 低于其最大值 {flat:.0%} 的神经元：{shares}（界限 {limit:.0%}）",
        ),
        Phrase("Saturated units in {where}", "{where}的神经元饱和"),
        Phrase("{looked}.", "{looked}。"),
        Phrase(
            "δ[l] has the factor f′(z[l]). Where that is near 0 no gradient passes: the weights before such a unit "
            "stand "
            "still, right or wrong.",
            "δ[l] 含有因子 f′(z[l])。它接近 0 时梯度无法通过：无论对错，这个神经元之前的权重都停滞不动。",
        ),
        _UNITS,
    ),
    "vanishing_gradients": Words(
        Phrase("vanishing gradients", "梯度消失"),
        Phrase(
            "‖δ[1]‖/‖δ[{last}]‖ = {ratio:.2g} (limit {vanished:g})",
            "‖δ[1]‖/‖δ[{last}]‖ = {ratio:.2g}（界限 {vanished:g}）",
        ),
        Phrase("Vanishing gradients", "梯度消失"),
        Phrase(
            "{looked}: a factor of {per_layer:.2g} from each hidden layer to the one before it; {at_start:.2g} in "
            "all at "
            "the initial weights.",
            "{looked}：每往前一个隐藏层，梯度约变为原来的 {per_layer:.2g} 倍；在初始权重处，总的比值为 "
            "{at_start:.2g}。",
        ),
        Phrase(
            "On its way back the gradient is multiplied by W and f′(z) in every layer, and σ′ is at most 1/4. Where "
            "the "
            "product is well below 1 the first layers hardly learn, and all that follows builds on random features.",
            "反向传播时，梯度在每一层都要乘以 W 和 f′(z)，而 σ′ 至多为 1/4。乘积明显小于 1 时，"
            "前几层几乎不学习，后面各层只能建立在随机的特征之上。",
        ),
        _NORMS,
    ),
    "exploding_gradients": Words(
        Phrase("exploding gradients", "梯度爆炸"),
        Phrase(
            "‖δ[1]‖/‖δ[{last}]‖ = {ratio:.2g} (limit {exploded:g})",
            "‖δ[1]‖/‖δ[{last}]‖ = {ratio:.2g}（界限 {exploded:g}）",
        ),
        Phrase("Exploding gradients", "梯度爆炸"),
        Phrase(
            "{looked}: a factor of {per_layer:.2g} from each hidden layer to the one before it; {at_start:.2g} in "
            "all at "
            "the initial weights.",
            "{looked}：每往前一个隐藏层，梯度约变为原来的 {per_layer:.2g} 倍；在初始权重处，总的比值为 "
            "{at_start:.2g}。",
        ),
        Phrase(
            "Where every layer enlarges the gradient, a learning rate that suits the last layers throws the first ones "
            "about: the loss jumps, or becomes infinite.",
            "若每一层都放大梯度，对后几层合适的学习率会让前几层大幅摆动：损失剧烈跳动，甚至变为无穷大。",
        ),
        _NORMS,
    ),
    "small_learning_rate": Words(
        Phrase("learning rate too small", "学习率过小"),
        Phrase("{clause}", "{clause}"),
        Phrase("The learning rate is too small", "学习率过小"),
        Phrase("{everything}.", "{everything}。"),
        Phrase(
            "With steps this small the weights stay about where they began: the network is not trained, however many "
            "epochs it runs.",
            "步长这么小，权重几乎停在初始值：无论运行多少轮，网络都没有真正得到训练。",
        ),
        _LOSS,
    ),
    "large_learning_rate": Words(
        Phrase("learning rate too large", "学习率过大"),
        Phrase("{clause}", "{clause}"),
        Phrase("The learning rate is too large", "学习率过大"),
        Phrase("{everything}.", "{everything}。"),
        Phrase(
            "The gradient describes the loss near θ only. A step that replaces much of a layer jumps over the "
            "minimum: the "
            "loss oscillates or grows, and relu units die.",
            "梯度只描述 θ 附近的损失。一步就改变一层的大部分权重，会越过极小值：损失振荡甚至上升，relu "
            "神经元也会死亡。",
        ),
        _LOSS,
    ),
    "underfitting": Words(
        Phrase("underfitting", "欠拟合"),
        Phrase(
            "{name} {score} on the training rows; trivial answer {trivial:.3f}, five nearest neighbours "
            "{neighbours:.3f}",
            "训练样本上的{name}为 {score}；基线 {trivial:.3f}，五近邻 {neighbours:.3f}",
        ),
        Phrase("Underfitting", "欠拟合"),
        Phrase(
            "{looked}. In brackets the 95% interval; the neighbours have not seen the row they answer for.",
            "{looked}。方括号内为 95% 置信区间；近邻法回答某一样本时没有用到该样本本身。",
        ),
        Phrase(
            "A network that is poor on the very rows it was trained on has not learned what is in them: it is too "
            "small, "
            "too strongly held back, or not trained to the end. More rows would not help.",
            "在训练样本上就表现不好，说明网络没有学到其中的规律：网络太小、约束过强，或训练不充分。增加样本并无帮助。",
        ),
        _BOTH,
    ),
    "overfitting": Words(
        Phrase("overfitting", "过拟合"),
        Phrase(
            "{name} {seen} on the training rows, {unseen} on rows that were not learned from",
            "训练样本上的{name}为 {seen}，未用于学习的样本上为 {unseen}",
        ),
        Phrase("Overfitting", "过拟合"),
        Phrase(
            "{looked} (95% intervals in brackets): {lost:.0%} of what there is to learn is lost on new rows (limit "
            "{limit:.0%}).",
            "{looked}（方括号内为 95% 置信区间）：在新样本上损失了可学内容的 {lost:.0%}（界限 {limit:.0%}）。",
        ),
        Phrase(
            "The network has learned the training rows by heart, with their noise. What it will do on new rows is "
            "what "
            "those show that it has not learned from.",
            "网络把训练样本连同其中的噪声一起背了下来。它在新样本上会怎样，要看未用于学习的样本。",
        ),
        _BOTH,
    ),
    "chance": Words(
        Phrase("chance", "碰运气"),
        Phrase(
            "{name} {unseen} on rows that were not learned from; trivial answer {trivial:.3f}",
            "未用于学习的样本上的{name}为 {unseen}；基线 {trivial:.3f}",
        ),
        Phrase("No better than chance", "不比碰运气更好"),
        Phrase(
            "{looked}. In brackets the 95% interval; no other score is better than the trivial answer's, either.",
            "{looked}。方括号内为 95% 置信区间；其他得分也不优于基线。",
        ),
        Phrase(
            "What the network has learned says nothing of rows that it has not seen.",
            "网络学到的内容对没有见过的样本毫无预测力。",
        ),
        _BOTH,
    ),
}

# Why linear layers may be there on purpose.
NARROW = Phrase(
    "; the narrowest one limits the product of the weights to rank {rank}, which one layer would not",
    "；其中最窄的一层把权重之积的秩限制为 {rank}，单独一层并无此限制",
)
# Why targets are not what is expected.
SIZE = Phrase(", up to {far:g} is tolerated", "，容许到 {far:g}")
START = Phrase(
    ": although the initial weights suit, the first loss is {first:.3g}, where answering the mean has {expected:.3g}",
    "：初始权重虽然合适，最初的损失却为 {first:.3g}，而总是回答均值时的损失为 {expected:.3g}",
)

# The two halves of what is measured of a learning rate.
FIRST_STEP = Phrase(
    "the first step of {optimizer} changes a layer by up to {step:.2g} of its size (healthy: {small:g} to {large:g})",
    "{optimizer} 的第一步至多使一层的权重改变其大小的 {step:.2g} 倍（正常范围 {small:g} 到 {large:g}）",
)
LOSSES = Phrase(
    "the loss goes from {first:.3g} to {late:.3g} (trivial answer: {trivial:.3g}) with late jumps of {jumps:.2g}",
    "损失从 {first:.3g} 到 {late:.3g}（基线：{trivial:.3g}），后期的跳动为 {jumps:.2g}",
)

ADVICE = {
    "standardise_inputs": Phrase(
        "Train on X = (X − X.mean(0)) / X.std(0), and predict with these same means and deviations; cp.TableModel and "
        "`clearprop train` do it by themselves.",
        "用 X = (X − X.mean(0)) / X.std(0) 训练，预测时沿用同样的均值与标准差；cp.TableModel 与 `clearprop train` "
        "会自动完成。",
    ),
    "standardise_targets": Phrase(
        "Train on (y − y.mean()) / y.std(), and turn the predictions back; cp.TableModel does it by itself.",
        "用 (y − y.mean()) / y.std() 训练，再把预测值还原；cp.TableModel 会自动完成。",
    ),
    "new_start": Phrase(
        "Begin anew from weights that suit: {arguments} in cp.Dense, in a new network.",
        "换用合适的初始权重重新开始：在新网络的 cp.Dense 中使用 {arguments}。",
    ),
    "break_symmetry": Phrase(
        "Begin anew from random weights: {arguments} in cp.Dense, in a new network. The biases may stay 0.",
        "用随机的初始权重重新开始：在新网络的 cp.Dense 中使用 {arguments}。偏置仍可为 0。",
    ),
    "bend": Phrase(
        "Put a bend between the layers: {arguments} in the hidden cp.Dense.",
        "在层与层之间加入非线性：隐藏层 cp.Dense 使用 {arguments}。",
    ),
    "pass_gradients": Phrase(
        "Train a new network with {arguments} in the hidden cp.Dense; fewer layers (hidden) help as well.",
        "在新网络的隐藏层 cp.Dense 中使用 {arguments} 重新训练；减少层数（hidden）也有帮助。",
    ),
    "smaller_steps": Phrase(
        "It came about in training: train a new network with smaller steps, {arguments}.",
        "这是在训练中形成的：用更小的步长 {arguments} 训练一个新网络。",
    ),
    "good_steps": Phrase(
        "Train a new network with {arguments}: a first step of at most {good:.0%}.",
        "用 {arguments} 训练一个新网络：第一步至多改变 {good:.0%}。",
    ),
    "another_rate": Phrase("Train a new network with {arguments}.", "用 {arguments} 训练一个新网络。"),
    "first_the_cause": Phrase(
        "First cure the other finding ({title}): it keeps the network from learning.",
        "先解决另一个问题（{title}）：它妨碍网络学习。",
    ),
    "hardly_begun": Phrase("Training has hardly begun: {arguments}.", "训练才刚刚开始：{arguments}。"),
    "go_on": Phrase(
        "The loss was still falling when training ended: {arguments}.", "训练结束时损失仍在下降：{arguments}。"
    ),
    "smaller_penalty": Phrase(
        "The penalty holds the weights back, at {shrunk:.0%} of their initial size: {arguments} in cp.Network.",
        "惩罚项约束过强，权重只剩初始大小的 {shrunk:.0%}：在 cp.Network 中使用 {arguments}。",
    ),
    "more_units": Phrase(
        "More units in the hidden layers: {arguments}. If that is not enough, one more layer.",
        "增加隐藏层的神经元：{arguments}。若仍不够，再加一层。",
    ),
    "other_columns": Phrase(
        "Other columns, more rows, or more epochs may help. No argument does so by itself.",
        "换用其他列、增加样本或训练轮数，也许会有帮助。单靠调整参数无济于事。",
    ),
    "larger_penalty": Phrase(
        "A larger penalty on the weights, {arguments} in cp.Network; or fewer units (hidden), early_stopping=20 in "
        "fit, or "
        "more rows.",
        "加大对权重的惩罚：在 cp.Network 中使用 {arguments}；也可以减少神经元（hidden）、在 fit 中使用 "
        "early_stopping=20，或增加样本。",
    ),
}
