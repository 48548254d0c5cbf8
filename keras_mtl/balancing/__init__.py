"""How the tasks are traded off: by their losses, or by their gradients."""

from keras_mtl.balancing.aggregator import GradientAggregator
from keras_mtl.balancing.aligned_mtl import AlignedMTL
from keras_mtl.balancing.balancer import LossBalancer
from keras_mtl.balancing.cagrad import CAGrad
from keras_mtl.balancing.con_fig import ConFIG
from keras_mtl.balancing.db_mtl import DBMTL
from keras_mtl.balancing.dual_proj import DualProj
from keras_mtl.balancing.dynamic_task_prioritization import DynamicTaskPrioritization
from keras_mtl.balancing.dynamic_weight_average import DynamicWeightAverage
from keras_mtl.balancing.equal import EqualWeighting
from keras_mtl.balancing.excess_mtl import ExcessMTL
from keras_mtl.balancing.fair_grad import FairGrad
from keras_mtl.balancing.famo import FAMO
from keras_mtl.balancing.geometric_mean import GeometricMean
from keras_mtl.balancing.grad_drop import GradDrop
from keras_mtl.balancing.grad_norm import GradNorm
from keras_mtl.balancing.grad_vac import GradVac
from keras_mtl.balancing.imtl_g import IMTLG
from keras_mtl.balancing.imtl_l import IMTLL
from keras_mtl.balancing.mgda import MGDA
from keras_mtl.balancing.moco import MoCo
from keras_mtl.balancing.names import get
from keras_mtl.balancing.nash_mtl import NashMTL
from keras_mtl.balancing.pcgrad import PCGrad
from keras_mtl.balancing.random_loss_weighting import RandomLossWeighting
from keras_mtl.balancing.smooth_tchebycheff import SmoothTchebycheff
from keras_mtl.balancing.uncertainty import UncertaintyWeighting
from keras_mtl.balancing.upgrad import UPGrad
from keras_mtl.balancing.weight_schedule import WeightSchedule

__all__ = [
    "CAGrad",
    "ConFIG",
    "DBMTL",
    "FAMO",
    "IMTLG",
    "IMTLL",
    "MGDA",
    "AlignedMTL",
    "DualProj",
    "DynamicTaskPrioritization",
    "DynamicWeightAverage",
    "EqualWeighting",
    "ExcessMTL",
    "FairGrad",
    "GeometricMean",
    "GradDrop",
    "GradNorm",
    "GradVac",
    "GradientAggregator",
    "LossBalancer",
    "MoCo",
    "NashMTL",
    "PCGrad",
    "RandomLossWeighting",
    "SmoothTchebycheff",
    "UPGrad",
    "UncertaintyWeighting",
    "WeightSchedule",
    "get",
]
